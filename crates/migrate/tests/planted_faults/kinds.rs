//! The kinds of single-value changes: what happens, to which column, by which function.

use crate::change::{self, Change};
use crate::source::{
    BYTES, CODES, KEYLESS, MIXED, MOMENTS, PAIRS, POSITIONS, REALS, TEXTS, Table, WHOLE,
};

/// Kinds of one table: what happens, the column, the change.
type Kinds = &'static [(&'static str, &'static str, Change)];

/// All kinds, by table.
pub(crate) const KINDS: &[(Table, Kinds)] = &[
    (WHOLE, WHOLE_KINDS),
    (REALS, REALS_KINDS),
    (POSITIONS, POSITIONS_KINDS),
    (TEXTS, TEXTS_KINDS),
    (BYTES, BYTES_KINDS),
    (MOMENTS, MOMENTS_KINDS),
    (PAIRS, PAIRS_KINDS),
    (CODES, CODES_KINDS),
    (KEYLESS, KEYLESS_KINDS),
    (MIXED, MIXED_KINDS),
];

const WHOLE_KINDS: Kinds = &[
    ("integer off by one", "big", change::off_by_one),
    ("sign flipped", "small", change::sign_flipped),
    ("two digits swapped", "big", change::digits_swapped),
    ("last digit lost", "big", change::last_digit_lost),
    ("one bit of an integer flipped", "big", change::bit_flipped),
    ("integer cut to 32 bits", "big", change::cut_to_32_bits),
    ("integer through a double", "big", change::through_double),
    ("NULL became 0", "maybe", change::null_to_zero),
    ("0 became NULL", "maybe", change::zero_to_null),
];

const REALS_KINDS: Kinds = &[
    ("double off by its last bit", "random", change::one_ulp),
    (
        "double with noise off by its last bit",
        "noisy",
        change::one_ulp,
    ),
    (
        "denormal double off by its last bit",
        "tiny",
        change::one_ulp,
    ),
    ("double through a float", "random", change::through_float),
    (
        "double through 15 digits",
        "random",
        change::through_15_digits,
    ),
    (
        "0.0 became the smallest double",
        "zero",
        change::zero_to_smallest,
    ),
    (
        "denormal double became 0.0",
        "tiny",
        change::denormal_to_zero,
    ),
];

const POSITIONS_KINDS: Kinds = &[
    (
        "last digit of a decimal up by one",
        "hold_cnt",
        change::last_decimal_up,
    ),
    (
        "last digit of a decimal down by one",
        "gain_loss_amt",
        change::last_decimal_down,
    ),
    (
        "decimal rounded half-up",
        "prc_high",
        change::last_decimal_up,
    ),
    (
        "decimal rounded where that is not allowed",
        "prc_low",
        change::rounded_to_12,
    ),
    (
        "NULL decimal became 0",
        "base_size_min",
        change::null_to_zero,
    ),
    ("Y and N exchanged", "sell_yn", change::yes_no_flipped),
    (
        "letter case, case-blind collation",
        "note1",
        change::letter_case,
    ),
    (
        "trailing space, padding collation",
        "note1",
        change::trailing_space_added,
    ),
    (
        "fraction of a second dropped",
        "pos_end_dttm",
        change::fraction_dropped,
    ),
    (
        "time zone: one hour earlier",
        "pos_begin_dttm",
        change::one_hour_earlier,
    ),
];

const TEXTS_KINDS: Kinds = &[
    ("letter case", "plain", change::letter_case),
    ("two letters swapped", "plain", change::letters_swapped),
    (
        "trailing space added",
        "plain",
        change::trailing_space_added,
    ),
    (
        "trailing space lost",
        "padded",
        change::trailing_space_removed,
    ),
    ("leading space added", "plain", change::leading_space_added),
    (
        "space became a no-break space",
        "plain",
        change::space_to_no_break_space,
    ),
    (
        "invisible character added",
        "plain",
        change::invisible_character_added,
    ),
    ("accent lost", "accented", change::accent_lost),
    ("é decomposed", "accented", change::decomposed),
    ("é composed", "decomposed", change::composed),
    ("UTF-8 taken for Latin-1", "accented", change::garbled),
    ("emoji became ?", "emoji", change::emoji_to_question_mark),
    ("emoji became another", "emoji", change::emoji_to_another),
    ("last letter lost", "emoji", change::last_letter_lost),
    ("line end changed", "lines", change::line_end_changed),
    ("NULL became an empty text", "maybe", change::null_to_empty),
    (
        "NULL became the text NULL",
        "maybe",
        change::null_to_the_word,
    ),
    ("empty text became NULL", "maybe", change::empty_to_null),
];

const BYTES_KINDS: Kinds = &[
    (
        "one bit of a blob flipped",
        "data",
        change::blob_bit_flipped,
    ),
    ("last byte of a blob lost", "data", change::blob_cut),
    ("zero byte added to a blob", "data", change::blob_grown),
    ("empty blob became NULL", "maybe", change::empty_to_null),
    ("NULL became an empty blob", "maybe", change::null_to_empty),
];

const MOMENTS_KINDS: Kinds = &[
    ("one second later", "at", change::one_second_later),
    ("one day later", "day", change::one_day_later),
    ("day and month swapped", "at", change::day_and_month_swapped),
];

const PAIRS_KINDS: Kinds = &[(
    "value of a row with a two-text key",
    "v",
    change::last_letter_lost,
)];

const CODES_KINDS: Kinds = &[(
    "value of a row with a mixed key",
    "v",
    change::letters_swapped,
)];

const KEYLESS_KINDS: Kinds = &[("value of a row without a key", "amount", change::one_ulp)];

const MIXED_KINDS: Kinds = &[(
    "text that shows a number",
    "v",
    change::trailing_space_added,
)];
