//! Types of catalogue tables: the catalogue's, made wider only where a value demands it.

use cbtrade_sqlite::RawColumn;

use super::column::{column, wide_text};
use super::{Findings, TableInput, WantedColumn, WantedTable};
use crate::carriage::{ClassRule, Fidelity, TEXT_BYTES_MAX};
use crate::finding::{Decision, FindingKind};
use crate::model::{ColumnPlan, ColumnType, ServerRules};
use crate::name::{NameAllocator, NameKind};
use crate::profile::ColumnProfile;

/// Plans the catalogue's columns in its order, then those that only the legacy file has.
pub(super) fn columns(
    input: &TableInput<'_>,
    wanted: &WantedTable,
    rules: &ServerRules,
    findings: &mut Findings<'_>,
) -> Vec<ColumnPlan> {
    let mut names = NameAllocator::new(NameKind::Column);
    names.reserve(super::keys::ADDED_KEY);
    for column in &wanted.columns {
        names.reserve(&column.name);
    }
    let mut plans: Vec<ColumnPlan> = wanted
        .columns
        .iter()
        .map(|column| wanted_column(input, wanted, column, findings))
        .collect();
    for (raw, profile) in input.raw.columns.iter().zip(&input.profile.columns) {
        if wanted
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(&raw.name))
        {
            continue;
        }
        let meaning =
            "Only the legacy file has this column; it is taken over after the catalogue's columns."
                .to_owned();
        findings.note(
            FindingKind::LegacyColumn,
            Some(&raw.name),
            (profile.values(), &[]),
            meaning,
            Decision::Keep,
            &[],
        );
        let mut plan = column(
            input,
            raw,
            profile,
            rules,
            &mut names,
            findings,
            &mut Vec::new(),
        );
        // The bots do not know the column, so rows that they add must not need it.
        plan.nullable = true;
        plan.auto_increment = false;
        plans.push(plan);
    }
    plans
}

fn wanted_column(
    input: &TableInput<'_>,
    table: &WantedTable,
    wanted: &WantedColumn,
    findings: &mut Findings<'_>,
) -> ColumnPlan {
    let mut plan = ColumnPlan {
        name: wanted.name.clone(),
        source: None,
        constant: table.constants.get(&wanted.name).cloned(),
        declared: String::new(),
        column_type: wanted.column_type,
        collation: wanted
            .column_type
            .is_text()
            .then(|| table.collation.clone()),
        nullable: wanted.nullable,
        default: wanted.default.clone(),
        on_update_now: wanted.on_update_now,
        auto_increment: wanted.auto_increment,
        class_rule: class_rule(wanted.column_type),
        fidelity: Fidelity::Meaning,
        rounding: matches!(wanted.column_type, ColumnType::Decimal { .. }) && !input.exact,
        reason: "the catalogue's type".to_owned(),
    };
    let source = input
        .raw
        .columns
        .iter()
        .zip(&input.profile.columns)
        .find(|(raw, _)| raw.name.eq_ignore_ascii_case(&wanted.name));
    match source {
        Some((raw, profile)) => {
            plan.source = Some(raw.name.clone());
            raw.declared_type.clone_into(&mut plan.declared);
            fit(input, raw, profile, &mut plan, findings);
        }
        None if plan.constant.is_none() => {
            let meaning =
                "The legacy file lacks this column; the rows get the catalogue's default."
                    .to_owned();
            findings.note(
                FindingKind::MissingColumn,
                Some(&wanted.name),
                (input.profile.rows, &[]),
                meaning,
                Decision::Keep,
                &[],
            );
            // A NOT NULL column without a default could not be left out of an insert.
            if plan.default.is_none() && !plan.auto_increment {
                plan.nullable = true;
            }
        }
        None => {}
    }
    plan
}

fn class_rule(column_type: ColumnType) -> ClassRule {
    match column_type {
        ColumnType::Double | ColumnType::Decimal { .. } => ClassRule::Real,
        column_type if column_type.integer_range().is_some() => ClassRule::Integer,
        _ => ClassRule::Text,
    }
}

fn fit(
    input: &TableInput<'_>,
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    findings: &mut Findings<'_>,
) {
    match plan.column_type {
        ColumnType::Decimal { precision, scale } => {
            fit_decimal(input, raw, profile, plan, (precision, scale), findings)
        }
        ColumnType::Timestamp { .. } | ColumnType::DateTime { .. } | ColumnType::Date => {
            fit_moment(raw, profile, plan, findings)
        }
        column_type if column_type.integer_range().is_some() => {
            fit_integer(raw, profile, plan, findings)
        }
        _ => fit_text(raw, profile, plan, findings),
    }
    if profile.nulls > 0 {
        plan.nullable = true;
    }
}

/// Text without a number's meaning in a number column: the operator must say what to do.
fn not_numbers(
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    findings: &mut Findings<'_>,
) {
    if profile.texts_not_numeric.count > 0 {
        let meaning = format!(
            "Texts that are no numbers in a column that the bots read as {}. Choose `quarantine`: the rows show NULL and the exact texts are kept beside them; or correct the source.",
            plan.column_type
        );
        let decision = findings.seen(
            FindingKind::NotANumber,
            &raw.name,
            &profile.texts_not_numeric,
            meaning,
            Decision::Stop,
            &[Decision::Quarantine],
        );
        plan.nullable |= decision == Decision::Quarantine;
    }
    if profile.numbers_empty.count > 0 {
        let meaning = "Empty texts where the bots read numbers; the rows show NULL and the exact originals are kept beside them.".to_owned();
        findings.seen(
            FindingKind::EmptyNumber,
            &raw.name,
            &profile.numbers_empty,
            meaning,
            Decision::Quarantine,
            &[],
        );
        plan.nullable = true;
    }
    if profile.infinite.count > 0 {
        let meaning = "Infinite numbers in a column of the bots. Choose `quarantine`: the rows show NULL and the exact values are kept beside them; or correct the source.".to_owned();
        let decision = findings.seen(
            FindingKind::Infinite,
            &raw.name,
            &profile.infinite,
            meaning,
            Decision::Stop,
            &[Decision::Quarantine],
        );
        plan.nullable |= decision == Decision::Quarantine;
    }
    if profile.negative_zeros.count > 0 {
        let meaning = "Negative zeros, which the server stores as 0 (equal in every comparison); their exact originals are kept beside the rows.".to_owned();
        findings.seen(
            FindingKind::NegativeZero,
            &raw.name,
            &profile.negative_zeros,
            meaning,
            Decision::Quarantine,
            &[],
        );
    }
    let other_form = profile.texts_numeric;
    if other_form > 0 {
        let meaning = format!(
            "Numbers stored as text; they become the same numbers in {}.",
            plan.column_type
        );
        findings.note(
            FindingKind::OtherForm,
            Some(&raw.name),
            (other_form, &[]),
            meaning,
            Decision::Convert,
            &[],
        );
    }
}

fn fit_decimal(
    input: &TableInput<'_>,
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    (precision, scale): (u8, u8),
    findings: &mut Findings<'_>,
) {
    not_numbers(raw, profile, plan, findings);
    let too_small = profile.decimals_too_small.count > 0;
    if profile.reals_rounded.count > 0 && !input.exact && !too_small {
        let meaning = format!(
            "Digits of binary doubles beyond {scale} decimals; rounded half-even, by at most one part in 10^12 (largest: {:.1e} of the value).",
            profile.rounding_error_max
        );
        findings.seen(
            FindingKind::Rounding,
            &raw.name,
            &profile.reals_rounded,
            meaning,
            Decision::Round,
            &[],
        );
    }
    let inexact = input.exact && profile.reals_rounded.count > 0;
    if !too_small && !inexact {
        return;
    }
    plan.rounding = false;
    let wide = (65_u8, 30_u8);
    let fits_wide = profile.scale_max <= u32::from(wide.1)
        && profile.integer_digits_max <= u32::from(wide.0 - wide.1);
    let narrow_scale = profile
        .scale_max
        .max(u32::from(scale))
        .min(u32::from(wide.1));
    plan.column_type = if fits_wide {
        let whole = u32::from(precision - scale).max(profile.integer_digits_max);
        let small = |value: u32| u8::try_from(value).unwrap_or(wide.0);
        ColumnType::Decimal {
            precision: small((whole + narrow_scale).min(65)),
            scale: small(narrow_scale),
        }
    } else if profile.texts_numeric == 0 && profile.integers_beyond_double == 0 {
        ColumnType::Double
    } else {
        wide_text(128)
    };
    if plan.column_type.is_text() {
        plan.class_rule = ClassRule::Numeric;
        plan.fidelity = Fidelity::Exact;
        plan.collation = Some("utf8mb4_bin".to_owned());
    }
    plan.reason = format!(
        "wider than the catalogue's DECIMAL({precision},{scale}), which would change values"
    );
    let seen = if too_small {
        &profile.decimals_too_small
    } else {
        &profile.reals_rounded
    };
    let meaning = format!(
        "Numbers that DECIMAL({precision},{scale}) would change by more than one part in 10^12 (or at all, where exactness was asked for); the column becomes {} and holds every value of it exactly.",
        plan.column_type
    );
    findings.seen(
        FindingKind::DecimalTooSmall,
        &raw.name,
        seen,
        meaning,
        Decision::Widen,
        &[],
    );
}

fn fit_integer(
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    findings: &mut Findings<'_>,
) {
    not_numbers(raw, profile, plan, findings);
    let fractions = profile.reals.saturating_sub(
        profile.reals_integral + profile.infinite.count + profile.negative_zeros.count,
    );
    let fraction_texts = profile.integers_out_of_range.count > 0 && profile.texts_numeric > 0;
    if fractions > 0 || fraction_texts {
        let exact = profile.integers_beyond_double == 0 && profile.texts_numeric == 0;
        plan.column_type = if exact {
            ColumnType::Double
        } else {
            ColumnType::Decimal {
                precision: 65,
                scale: 30,
            }
        };
        plan.class_rule = ClassRule::Numeric;
        plan.reason = "numbers with a fraction, or beyond 64 bits, in a column that the catalogue has as an integer".to_owned();
        let meaning = format!(
            "Numbers with a fraction, or beyond 64 bits, in an integer column; the column becomes {} and holds them exactly.",
            plan.column_type
        );
        findings.note(
            FindingKind::FractionInInteger,
            Some(&raw.name),
            (
                fractions.max(profile.integers_out_of_range.count),
                &profile.integers_out_of_range.samples,
            ),
            meaning,
            Decision::Widen,
            &[],
        );
        return;
    }
    if profile.reals_integral > 0 {
        let meaning = "Whole numbers stored as reals; they become the same integers.".to_owned();
        findings.note(
            FindingKind::OtherForm,
            Some(&raw.name),
            (profile.reals_integral, &[]),
            meaning,
            Decision::Convert,
            &[],
        );
    }
    let wide = if profile.reals_integral > 0 {
        ColumnType::BigInt
    } else {
        plan.column_type
            .widened_for(profile.integer_min, profile.integer_max)
    };
    if wide != plan.column_type
        && (profile.integers_out_of_range.count > 0 || profile.reals_integral > 0)
    {
        let meaning = format!(
            "Integers beyond the catalogue's {}; the column becomes {wide}.",
            plan.column_type
        );
        findings.seen(
            FindingKind::IntegerTooLarge,
            &raw.name,
            &profile.integers_out_of_range,
            meaning,
            Decision::Widen,
            &[],
        );
        plan.reason = format!("wider than the catalogue's {}", plan.column_type);
        plan.column_type = wide;
    }
}

fn fit_moment(
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    findings: &mut Findings<'_>,
) {
    if profile.dates_invalid.count > 0 {
        let meaning = "Values that are no dates in a date column of the bots. Choose `quarantine`: the rows show NULL and the exact values are kept beside them; or correct the source.".to_owned();
        findings.seen(
            FindingKind::NotADate,
            &raw.name,
            &profile.dates_invalid,
            meaning,
            Decision::Stop,
            &[Decision::Quarantine],
        );
    }
    if profile.dates_empty.count > 0 {
        let meaning =
            "Empty or zero dates; the rows show NULL and the exact texts are kept beside them."
                .to_owned();
        findings.seen(
            FindingKind::EmptyDate,
            &raw.name,
            &profile.dates_empty,
            meaning,
            Decision::Quarantine,
            &[],
        );
    }
    plan.nullable |= profile.dates_invalid.count + profile.dates_empty.count > 0;
    if profile.dates_other_form.count > 0 {
        let meaning = "Dates in another form (T, Z, an offset, a date alone, unix time); they become the same instants in UTC.".to_owned();
        findings.seen(
            FindingKind::OtherForm,
            &raw.name,
            &profile.dates_other_form,
            meaning,
            Decision::Convert,
            &[],
        );
    }
    let fraction = profile.fraction_digits_max.min(6);
    if profile.dates_with_fraction.count > 0 {
        let meaning = format!(
            "Dates with fractions of a second; the column keeps {fraction} digits{}.",
            if profile.fraction_digits_max > 6 {
                ", and the exact texts of finer ones are kept beside the rows, which show NULL"
            } else {
                ""
            }
        );
        findings.seen(
            FindingKind::FractionOfSecond,
            &raw.name,
            &profile.dates_with_fraction,
            meaning,
            Decision::Widen,
            &[],
        );
        plan.nullable |= profile.fraction_digits_max > 6;
    }
    let timestamp = profile.dates_out_of_timestamp.count == 0;
    if !timestamp {
        let meaning = "Dates outside TIMESTAMP's range (1970 to 2038); the column becomes DATETIME, which goes from 1000 to 9999.".to_owned();
        findings.seen(
            FindingKind::DateOutOfRange,
            &raw.name,
            &profile.dates_out_of_timestamp,
            meaning,
            Decision::Widen,
            &[],
        );
        if profile.dates_out_of_datetime.count > 0 {
            let meaning = "Dates outside the years 1000 to 9999. Choose `quarantine`: the rows show NULL and the exact values are kept beside them; or correct the source.".to_owned();
            findings.seen(
                FindingKind::NotADate,
                &raw.name,
                &profile.dates_out_of_datetime,
                meaning,
                Decision::Stop,
                &[Decision::Quarantine],
            );
            plan.nullable = true;
        }
    }
    let wide = match plan.column_type {
        ColumnType::Timestamp { .. } if timestamp => ColumnType::Timestamp { fraction },
        _ => ColumnType::DateTime { fraction },
    };
    if wide != plan.column_type {
        plan.reason = format!("wider than the catalogue's {}", plan.column_type);
        plan.column_type = wide;
        // The server wants the same precision in CURRENT_TIMESTAMP as in the column.
        if fraction > 0 && plan.default.as_deref() == Some("CURRENT_TIMESTAMP") {
            plan.default = Some(format!("CURRENT_TIMESTAMP({fraction})"));
        }
    }
}

fn fit_text(
    raw: &RawColumn,
    profile: &ColumnProfile,
    plan: &mut ColumnPlan,
    findings: &mut Findings<'_>,
) {
    if profile.blobs > 0 || profile.texts_invalid.count > 0 {
        let meaning =
            "Values that are not valid text; the column becomes one of bytes and keeps them all."
                .to_owned();
        let seen = if profile.texts_invalid.count > 0 {
            &profile.texts_invalid
        } else {
            &profile.other_class
        };
        findings.seen(
            FindingKind::InvalidText,
            &raw.name,
            seen,
            meaning,
            Decision::Widen,
            &[],
        );
        plan.column_type = ColumnType::LongBlob;
        plan.collation = None;
        plan.default = None;
        plan.fidelity = Fidelity::Exact;
        "values that are not valid text".clone_into(&mut plan.reason);
        return;
    }
    let numbers = profile.integers + profile.reals;
    if numbers > 0 {
        let meaning =
            "Numbers in a text column; they become the texts of the same numbers.".to_owned();
        findings.note(
            FindingKind::OtherForm,
            Some(&raw.name),
            (numbers, &[]),
            meaning,
            Decision::Convert,
            &[],
        );
    }
    // A number's text has at most 25 characters.
    let needed = profile
        .text_characters_max
        .max(if numbers > 0 { 25 } else { 0 });
    let too_long = match plan.column_type {
        ColumnType::Text => profile.text_bytes_max > TEXT_BYTES_MAX as u64,
        column_type => column_type
            .characters_max()
            .is_some_and(|limit| needed > u64::from(limit)),
    };
    if too_long {
        let wide = if plan.column_type == ColumnType::Text {
            ColumnType::LongText
        } else {
            wide_text(needed)
        };
        if profile.texts_too_long.count > 0 || plan.column_type == ColumnType::Text {
            let meaning = format!(
                "Texts of up to {} characters in a column of {}; the column becomes {wide}.",
                profile.text_characters_max, plan.column_type
            );
            findings.seen(
                FindingKind::TextTooLong,
                &raw.name,
                &profile.texts_too_long,
                meaning,
                Decision::Widen,
                &[],
            );
        }
        widen_text(plan, wide);
    } else if let ColumnType::Char { characters } = plan.column_type
        && profile.texts_trailing_blank > 0
    {
        let meaning = "Texts that end in a blank, which a CHAR column would strip; the column becomes VARCHAR.".to_owned();
        findings.note(
            FindingKind::TrailingBlank,
            Some(&raw.name),
            (profile.texts_trailing_blank, &[]),
            meaning,
            Decision::Widen,
            &[],
        );
        widen_text(plan, ColumnType::Varchar { characters });
    }
}

fn widen_text(plan: &mut ColumnPlan, wide: ColumnType) {
    plan.reason = format!("wider than the catalogue's {}", plan.column_type);
    plan.column_type = wide;
    if wide == ColumnType::LongText
        && let Some(default) = &plan.default
        && default.starts_with('\'')
    {
        plan.default = Some(format!("({default})"));
    }
}
