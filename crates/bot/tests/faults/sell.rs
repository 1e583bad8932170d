//! Whether a position is sold.

use cbtrade_bot::decide::{
    Block, Figures, Force, Holding, Position, SaleSize, SellAction, SellInput, SellOutcome, Sizes,
    StrategyExit, View, decide_sell, sale_size,
};
use cbtrade_bot::settings::{Fault, Faults, ProductSettings};
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::{ExitVerdict, Strategy};

use super::given::{decimal, market, market_with};

/// Frames that all look alike.
struct Seen {
    is_green: bool,
    range: Option<Decimal>,
    exit: Option<ExitVerdict>,
}

const RED: Seen = Seen {
    is_green: false,
    range: None,
    exit: None,
};

impl View for Seen {
    fn is_heikin_ashi_green(&self, _: Interval) -> Option<bool> {
        Some(self.is_green)
    }

    fn is_nwe_green(&self, _: Interval, _: usize) -> Option<bool> {
        Some(self.is_green)
    }

    fn high(&self, _: Interval) -> Option<Decimal> {
        None
    }

    fn range(&self, _: Interval) -> Option<Decimal> {
        self.range
    }

    fn exit(
        &self,
        _: &ProductSettings,
        _: Strategy,
        _: Interval,
        _: Decimal,
    ) -> Option<StrategyExit> {
        Some(StrategyExit {
            verdict: self.exit,
            decision: None,
        })
    }
}

/// Ten coins for 100 each, with this peak of the gain.
fn position(peak_pct: &str) -> Position {
    Position {
        pos_id: 7,
        is_test: false,
        strategy: Some(Strategy::Sha),
        interval: Some(Interval::OneHour),
        is_forced: false,
        holding: Holding {
            prc_buy: decimal("100"),
            buy_cnt: decimal("10"),
            hold_cnt: decimal("10"),
            spent_amt: decimal("1000"),
            ..Holding::default()
        },
        figures: Figures {
            prc_high: decimal("100"),
            prc_low: decimal("100"),
            gain_pct_high: decimal(peak_pct),
            ..Figures::default()
        },
    }
}

fn decide(
    settings: &ProductSettings,
    position: &Position,
    price: &str,
    view: &Seen,
) -> SellOutcome {
    let input = SellInput {
        settings,
        position,
        prc_sell: decimal(price),
        spread_pct: decimal("0.1"),
        age_minutes: 100,
        view,
    };
    decide_sell(&input).unwrap()
}

fn ada() -> ProductSettings {
    market().resolve("ADA-USDC")
}

fn name(outcome: &SellOutcome) -> Option<&'static str> {
    outcome.sold_by().map(|exit| exit.name)
}

#[test]
fn b17_the_hard_profit_is_taken() {
    let mut settings = ada();
    settings.sell.take_profit.hard.is_on = true;
    let own = position("33");
    let sold = decide(&settings, &own, "133", &RED);
    assert_eq!(name(&sold), Some("hard_profit"));
    assert_eq!(name(&decide(&settings, &own, "132.9", &RED)), None);
    let exempt = Position {
        strategy: Some(Strategy::BbBo),
        ..own
    };
    assert_eq!(name(&decide(&settings, &exempt, "133", &RED)), None);
}

#[test]
fn b17_stops_in_ranges_sell() {
    let mut settings = ada();
    settings.sell.never_loss.all = false;
    settings.sell.never_loss.live_all = false;
    settings.sell.never_loss.live_loss_amt_max = Decimal::ZERO;
    settings.sell.stop_loss.hard.is_on = false;
    settings.sell.stop_loss.trailing.is_on = false;
    settings.sell.stop_loss.atr.is_on = true;
    let seen = Seen {
        range: Some(decimal("3")),
        ..RED
    };
    let own = position("0");
    assert_eq!(
        name(&decide(&settings, &own, "97", &seen)),
        Some("atr_stop")
    );
    assert_eq!(name(&decide(&settings, &own, "97.01", &seen)), None);
    // Without a range nothing is sold, and nothing breaks.
    let unknown = decide(&settings, &own, "90", &RED);
    assert_eq!(name(&unknown), None);
    assert!(unknown.tests.iter().any(|test| test.words.contains("1d")));
    settings.sell.stop_loss.atr.is_on = false;
    settings.sell.stop_loss.trailing_atr.is_on = true;
    let mut high = position("5");
    high.figures.prc_high = decimal("101");
    // 70 % of a range below the highest price.
    assert_eq!(
        name(&decide(&settings, &high, "98.9", &seen)),
        Some("trail_atr_stop")
    );
    assert_eq!(name(&decide(&settings, &high, "98.91", &seen)), None);
}

#[test]
fn b32_give_back_levels_are_numbers() {
    let settings = ada();
    let former = ProductSettings {
        faults: Faults::NONE.with(Fault::B32),
        ..settings.clone()
    };
    // Peak 21: three points may be given back, and two in the former code.
    let own = position("21");
    assert_eq!(name(&decide(&settings, &own, "118.5", &RED)), None);
    assert_eq!(
        name(&decide(&former, &own, "118.5", &RED)),
        Some("trail_profit")
    );
    assert_eq!(
        name(&decide(&settings, &own, "118", &RED)),
        Some("trail_profit")
    );
    for (peak, kept, given) in [
        ("6", "5.01", "5"),
        ("8", "6.01", "6"),
        ("13", "10.51", "10.5"),
        ("89", "84.51", "84.5"),
    ] {
        let own = position(peak);
        let at = |gain: &str| {
            let price = decimal("100")
                .checked_add(decimal(gain))
                .unwrap()
                .to_string();
            name(&decide(&settings, &own, &price, &RED))
        };
        assert_eq!(
            (at(kept), at(given)),
            (None, Some("trail_profit")),
            "peak {peak}"
        );
    }
}

#[test]
fn b33_the_savers_lists_restrict_it() {
    let green = Seen {
        is_green: true,
        range: None,
        exit: Some(ExitVerdict::Profit),
    };
    let own = position("10");
    let sells = |change: &dyn Fn(&mut ProductSettings)| {
        let mut settings = ada();
        settings.sell.nwe_green.is_on = false;
        change(&mut settings);
        name(&decide(&settings, &own, "110", &green))
    };
    let ada = || ["ADA-USDC".to_owned()].into();
    assert_eq!(sells(&|_| {}), None);
    assert_eq!(
        sells(&|settings| settings.sell.heikin_ashi_green.prod_ids = ada()),
        None
    );
    let former = |settings: &mut ProductSettings| {
        settings.sell.heikin_ashi_green.prod_ids = ada();
        settings.faults = Faults::NONE.with(Fault::B33);
    };
    assert_eq!(sells(&former), Some("sha"));
    let others = |settings: &mut ProductSettings| {
        settings.sell.heikin_ashi_green.prod_ids = ["XRP-USDC".to_owned()].into();
    };
    assert_eq!(sells(&others), Some("sha"));
    let skipped = |settings: &mut ProductSettings| {
        settings.sell.heikin_ashi_green.skip_prod_ids = ada();
    };
    assert_eq!(sells(&skipped), Some("sha"));
    let by_exit = |settings: &mut ProductSettings| {
        settings.sell.heikin_ashi_green.exits = ["tpo".to_owned()].into();
    };
    assert_eq!(sells(&by_exit), Some("sha"));
}

#[test]
fn a_blocked_exit_leaves_no_name_on_the_position() {
    let outcome = decide(&ada(), &position("0"), "90", &RED);
    assert_eq!(outcome.action, SellAction::Hold);
    assert_eq!(outcome.exit.map(|exit| exit.name), Some("hard_stop_loss"));
    assert_eq!(outcome.sold_by(), None);
    assert!(outcome.is_blocked());
    assert!(outcome.blocks.contains(&Block::Loss) && outcome.blocks.contains(&Block::LiveLoss));
}

#[test]
fn an_owner_is_told_what_would_sell_and_what_keeps_it() {
    let words = |price: &str| {
        let outcome = decide(&ada(), &position("0"), price, &RED);
        (outcome.to_string(), outcome.kept_by())
    };
    let (said, kept_by) = words("90");
    for part in [
        "would be sold by hard stop loss at -10",
        "but is kept: ",
        "sell.never_sell_loss.all_yn is Y",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    // Another price is nothing new to tell; another reason is.
    assert_eq!(words("89").1, kept_by);
    assert_ne!(words("89").0, said);
    let mut settings = ada();
    settings.sell.is_on = false;
    let off = decide(&settings, &position("0"), "90", &RED);
    assert_ne!(off.kept_by(), kept_by);
}

#[test]
fn a_force_skips_blocks_and_vetoes_but_not_the_main_switch() {
    let mut settings = ada();
    let forced = Position {
        is_forced: true,
        ..position("0")
    };
    let green = Seen {
        is_green: true,
        ..RED
    };
    let outcome = decide(&settings, &forced, "50", &green);
    assert_eq!(
        (name(&outcome), outcome.forces.as_slice()),
        (Some("forced sell"), [Force::Position].as_slice())
    );
    settings.sell.is_on = false;
    assert_eq!(
        decide(&settings, &forced, "50", &green).action,
        SellAction::Hold
    );
    let trump = market().resolve("TRUMP-USDC");
    assert_eq!(
        name(&decide(&trump, &position("0"), "50", &RED)),
        Some("forced sell")
    );
}

#[test]
fn b30_what_cannot_be_sold_stays_in_sight() {
    let settings = ada();
    let own = position("0");
    let sizes = Sizes {
        base_step: decimal("0.1"),
        base_min: decimal("20"),
        ..Sizes::default()
    };
    let size = |sizes: &Sizes, available: &str| {
        let available = Some(decimal(available));
        sale_size(&settings, &own.holding, &own.figures, sizes, available).unwrap()
    };
    let (base_cnt, base_min) = (decimal("10"), decimal("20"));
    assert_eq!(
        size(&sizes, "10"),
        SaleSize::TooSmall { base_cnt, base_min }
    );
    let (hold_cnt, available_cnt) = (decimal("10"), decimal("9.99"));
    assert_eq!(
        size(&sizes, "9.99"),
        SaleSize::WalletShort {
            hold_cnt,
            available_cnt
        }
    );
}

#[test]
fn pocket_and_clip_keep_a_part_of_gain_and_loss() {
    let btc = market().resolve("BTC-USDC");
    let sizes = Sizes {
        base_step: decimal("0.001"),
        base_min: decimal("0.001"),
        base_max: decimal("9"),
        ..Sizes::default()
    };
    let size = |gain_pct: &str| {
        let own = position("0");
        let figures = Figures {
            gain_pct: decimal(gain_pct),
            ..own.figures
        };
        let size = sale_size(&btc, &own.holding, &figures, &sizes, Some(decimal("10"))).unwrap();
        let SaleSize::Sell {
            base_cnt,
            kept_cnt,
            later_cnt,
        } = size
        else {
            panic!("{size:?}")
        };
        [base_cnt, kept_cnt, later_cnt].map(|count| count.to_string())
    };
    // Half of 30 % of ten coins; a fifth of 10 %; the largest order is of nine coins.
    assert_eq!(size("30"), ["8.5", "1.5", "0"]);
    assert_eq!(size("-10"), ["9", "0.2", "0.8"]);
    assert_eq!(size("300"), ["5", "5", "0"]);
    let paper = sale_size(
        &btc,
        &position("0").holding,
        &position("0").figures,
        &sizes,
        None,
    );
    assert!(matches!(paper, Ok(SaleSize::Sell { base_cnt, .. }) if base_cnt == decimal("10")));
}

#[test]
fn large_live_losses_are_held_back() {
    let market = market_with(
        "\"never_sell_loss\": {\n      \"all_yn\": \"Y\",\n      \"live_all_yn\": \"Y\"",
        "\"never_sell_loss\": {\n      \"all_yn\": \"N\",\n      \"live_all_yn\": \"N\"",
    );
    let settings = market.resolve("ADA-USDC");
    let outcome = decide(&settings, &position("0"), "90", &RED);
    assert!(matches!(
        outcome.blocks.as_slice(),
        [Block::LossTooLarge { .. }]
    ));
    let small = Position {
        holding: Holding {
            hold_cnt: decimal("0.1"),
            spent_amt: decimal("10"),
            ..position("0").holding
        },
        ..position("0")
    };
    assert_eq!(
        name(&decide(&settings, &small, "90", &RED)),
        Some("hard_stop_loss")
    );
    let paper = Position {
        is_test: true,
        ..position("0")
    };
    assert_eq!(
        name(&decide(&settings, &paper, "90", &RED)),
        Some("hard_stop_loss")
    );
}

#[test]
fn a_wide_spread_blocks_a_sale() {
    let settings = ada();
    let own = position("21");
    let mut input = SellInput {
        settings: &settings,
        position: &own,
        prc_sell: decimal("110"),
        spread_pct: decimal("4.99"),
        age_minutes: 100,
        view: &RED,
    };
    assert_eq!(decide_sell(&input).unwrap().action, SellAction::Sell);
    input.spread_pct = decimal("5");
    assert_eq!(decide_sell(&input).unwrap().action, SellAction::Hold);
}
