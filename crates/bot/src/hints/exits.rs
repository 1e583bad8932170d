//! The prices at which a position may have to be sold, as far as they are known without a frame.

use cbtrade_core::Decimal;

use crate::decide::{Figures, give_back};
use crate::settings::ProductSettings;

/// The nearest such prices below and above the present one. They only say when to look: what is sold there, and whether, is
/// decided as ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exits {
    below: Option<Decimal>,
    above: Option<Decimal>,
}

impl Exits {
    /// Those of one position, by its figures as of now.
    pub(crate) fn of(settings: &ProductSettings, prc_buy: Decimal, figures: &Figures) -> Self {
        let mut exits = Self::default();
        for pct in gains(settings, figures) {
            let Some(price) = pct
                .checked_add(Decimal::from_integer(100))
                .and_then(|pct| pct.checked_mul(prc_buy))
                .and_then(|price| price.checked_div(Decimal::from_integer(100)))
            else {
                continue;
            };
            if pct < figures.gain_pct {
                exits.join(Self {
                    below: Some(price),
                    above: None,
                });
            } else if pct > figures.gain_pct {
                exits.join(Self {
                    below: None,
                    above: Some(price),
                });
            }
        }
        exits
    }

    /// The nearest of both.
    pub(crate) fn join(&mut self, other: Self) {
        self.below = self.below.max(other.below);
        self.above = match (self.above, other.above) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
    }

    /// Whether a price is at one of them or beyond.
    pub(crate) fn are_reached(&self, price: Decimal) -> bool {
        self.below.is_some_and(|below| price <= below)
            || self.above.is_some_and(|above| price >= above)
    }
}

/// The gains, in percent, at which an exit fires by the price alone.
fn gains(settings: &ProductSettings, figures: &Figures) -> Vec<Decimal> {
    let (profit, stop) = (&settings.sell.take_profit, &settings.sell.stop_loss);
    let peak = figures.gain_pct_high;
    let below_zero = |pct: Decimal| Decimal::ZERO.checked_sub(pct);
    let mut gains = Vec::new();
    if profit.hard.is_on {
        gains.push(Some(profit.hard.pct));
    }
    if profit.trailing.is_on {
        gains.push(if peak < profit.trailing.pct {
            Some(profit.trailing.pct)
        } else {
            peak.checked_sub(give_back(settings, peak))
        });
    }
    if stop.hard.is_on {
        gains.push(below_zero(stop.hard.pct));
    }
    if stop.trailing.is_on {
        let pct = peak.checked_sub(stop.trailing.pct);
        // It sells at a loss only.
        gains.push(pct.filter(|pct| *pct < Decimal::ZERO));
    }
    gains.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::MarketSettings;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn settings(sell: &str) -> ProductSettings {
        let text = format!(r#"{{ "sell": {{ {sell} }} }}"#);
        MarketSettings::read("USDC", &text)
            .unwrap_or_else(|error| panic!("{error}"))
            .resolve("ETH-USDC")
    }

    fn figures(gain_pct: &str, peak: &str) -> Figures {
        Figures {
            gain_pct: decimal(gain_pct),
            gain_pct_high: decimal(peak),
            ..Figures::default()
        }
    }

    const STOPS: &str = r#"
        "take_profit": { "hard_take_profit_yn": "Y", "hard_take_profit_pct": 30, "trailing_profit_yn": "Y",
            "trailing_profit_trigger_pct": 6, "trailing_profit_levels": { "5": 1, "8": 2 } },
        "stop_loss": { "hard_stop_loss_yn": "Y", "hard_stop_loss_pct": 7, "trailing_stop_loss_yn": "N" }"#;

    #[test]
    fn the_nearest_exits_are_those_of_the_settings() {
        let settings = settings(STOPS);
        let exits = Exits::of(&settings, decimal("200"), &figures("1", "2"));
        assert_eq!(exits.below, Some(decimal("186")));
        assert_eq!(exits.above, Some(decimal("212")));
        // Once armed, the profit may fall by two points from its peak of nine.
        let exits = Exits::of(&settings, decimal("200"), &figures("8", "9"));
        assert_eq!(exits.below, Some(decimal("214")));
        assert_eq!(exits.above, Some(decimal("260")));
        assert!(exits.are_reached(decimal("214")) && exits.are_reached(decimal("261")));
        assert!(!exits.are_reached(decimal("215")));
    }

    #[test]
    fn of_several_positions_the_nearest_count() {
        let settings = settings(STOPS);
        let mut exits = Exits::of(&settings, decimal("200"), &figures("1", "1"));
        exits.join(Exits::of(&settings, decimal("210"), &figures("-3", "0")));
        assert_eq!(exits.below, Some(decimal("195.3")));
        assert_eq!(exits.above, Some(decimal("212")));
        exits.join(Exits::default());
        assert_eq!(exits.below, Some(decimal("195.3")));
    }
}
