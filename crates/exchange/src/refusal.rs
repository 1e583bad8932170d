//! Why the venue does not want an order.

use crate::text::words;

words! {
    /// The venue's reason for a refusal.
    RefusalReason {
        /// Not enough money.
        InsufficientFund = "INSUFFICIENT_FUND",
        /// Not enough money.
        InsufficientFunds = "INSUFFICIENT_FUNDS",
        /// The ledger disagrees with the balance.
        InvalidLedgerBalance = "INVALID_LEDGER_BALANCE",
        /// The size is off the product's grid.
        InvalidSizePrecision = "INVALID_SIZE_PRECISION",
        /// The price is off the product's grid.
        InvalidPricePrecision = "INVALID_PRICE_PRECISION",
        /// The limit price is no price.
        InvalidLimitPrice = "INVALID_LIMIT_PRICE",
        /// The side is no side.
        InvalidSide = "INVALID_SIDE",
        /// There is no such product.
        InvalidProductId = "INVALID_PRODUCT_ID",
        /// The venue does not offer this kind of order here.
        UnsupportedOrderConfiguration = "UNSUPPORTED_ORDER_CONFIGURATION",
        /// The request is wrong.
        InvalidRequest = "INVALID_REQUEST",
        /// The request cannot be read.
        InvalidArgument = "INVALID_ARGUMENT",
        /// Below the smallest size, in the base currency.
        BaseSizeTooSmall = "INVALID_BASE_SIZE_TOO_SMALL",
        /// Above the largest size, in the base currency.
        BaseSizeTooLarge = "INVALID_BASE_SIZE_TOO_LARGE",
        /// Below the smallest value, in the quote currency.
        QuoteSizeTooSmall = "INVALID_QUOTE_SIZE_TOO_SMALL",
        /// Above the largest value, in the quote currency.
        QuoteSizeTooLarge = "INVALID_QUOTE_SIZE_TOO_LARGE",
        /// The value is off the product's grid.
        QuoteSizePrecision = "INVALID_QUOTE_SIZE_PRECISION",
        /// The price is beyond what the venue takes.
        PriceTooLarge = "INVALID_PRICE_TOO_LARGE",
        /// The order's parts do not fit together.
        InvalidOrderConfig = "INVALID_ORDER_CONFIG",
        /// A post-only order would be matched at once.
        InvalidLimitPricePostOnly = "INVALID_LIMIT_PRICE_POST_ONLY",
        /// Nobody is there to trade with.
        InvalidNoLiquidity = "INVALID_NO_LIQUIDITY",
        /// The limit price is too far away.
        LimitPriceTooFarFromMarket = "LIMIT_PRICE_TOO_FAR_FROM_MARKET",
        /// The limit price is outside the band.
        PriceBandOnBuy = "LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_BUY",
        /// The limit price is outside the band.
        PriceBandOnSell = "LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_SELL",
        /// The market's state does not allow it.
        NotAllowedByMarketState = "NOT_ALLOWED_BY_MARKET_STATE",
        /// The venue knows no price now.
        MissingProductPriceBook = "MISSING_PRODUCT_PRICE_BOOK",
        /// The venue knows no fee for us now.
        MissingCommissionRate = "MISSING_COMMISSION_RATE",
        /// New orders are switched off.
        OrderEntryDisabled = "ORDER_ENTRY_DISABLED",
        /// The pair is not for us.
        IneligiblePair = "INELIGIBLE_PAIR",
        /// The product cannot be traded.
        UntradableProduct = "UNTRADABLE_PRODUCT",
        /// Trading is switched off.
        TradingDisabled = "TRADING_DISABLED",
        /// Trading is halted.
        ProductTradingHalted = "PRODUCT_TRADING_HALTED",
        /// Not where we are.
        GeofencingRestriction = "GEOFENCING_RESTRICTION",
        /// Two wishes that exclude each other.
        PostOnlyNotAllowedWithFok = "POST_ONLY_NOT_ALLOWED_WITH_FOK",
        /// Fill or kill is switched off.
        FokDisabled = "FOK_DISABLED",
        /// An end time is missing.
        GtdOrdersMustHaveEndTime = "GTD_ORDERS_MUST_HAVE_END_TIME",
        /// The end time is over.
        EndTimeIsInThePast = "END_TIME_IS_IN_THE_PAST",
        /// The end time is too far away.
        EndTimeTooFarInFuture = "END_TIME_TOO_FAR_IN_FUTURE",
        /// The stop price does not fit the limit price.
        StopPriceAboveLimitPrice = "STOP_PRICE_ABOVE_LIMIT_PRICE",
        /// The stop price does not fit the limit price.
        StopPriceBelowLimitPrice = "STOP_PRICE_BELOW_LIMIT_PRICE",
        /// The stop price does not fit the last price.
        StopPriceAboveLastTradePrice = "STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        /// The stop price does not fit the last price.
        StopPriceBelowLastTradePrice = "STOP_PRICE_BELOW_LAST_TRADE_PRICE",
        /// The matching engine does not want it and says no more.
        CommanderRejectedNewOrder = "COMMANDER_REJECTED_NEW_ORDER",
        /// No reason is given.
        UnknownFailureReason = "UNKNOWN_FAILURE_REASON",
        /// There is an order of this client id.
        DuplicateClientOrderId = "DUPLICATE_CLIENT_ORDER_ID",
    }
}

/// What a refusal means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// Money is short: read the balances anew.
    Funds,
    /// We sent something wrong: alert, read the product's rules anew, do not send it again.
    OurFault,
    /// A post-only order would have been matched: quote anew, nothing is wrong.
    WouldTake,
    /// The market does not allow it now: wait.
    MarketState,
    /// The product is closed to us: pause it.
    ProductClosed,
    /// There is an order of this client id already: look it up.
    AlreadyPlaced,
    /// The venue does not say why: refused, but list the orders once to be sure.
    Venue,
    /// A reason that is not known here: refused; a person should read it.
    Unknown,
}

/// An order that the venue does not want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The venue's word.
    pub reason: RefusalReason,
    /// What it means for us.
    pub class: RefusalClass,
    /// What the venue says to people.
    pub message: String,
}

impl Refusal {
    /// A refusal of this reason, with the class that goes with it.
    #[must_use]
    pub fn new(reason: &str, message: impl Into<String>) -> Self {
        let reason = RefusalReason::of(reason);
        Self {
            class: reason.class(),
            reason,
            message: message.into(),
        }
    }
}

impl RefusalReason {
    /// The reason of this word of the venue, of a placing or of a preview.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match Self::from(text) {
            Self::Unknown(_) => match text.strip_prefix("PREVIEW_").map(Self::from) {
                Some(Self::Unknown(_)) | None => Self::Unknown(text.to_owned()),
                Some(known) => known,
            },
            known => known,
        }
    }

    /// What it means for us.
    #[must_use]
    pub fn class(&self) -> RefusalClass {
        match self {
            Self::InsufficientFund | Self::InsufficientFunds | Self::InvalidLedgerBalance => {
                RefusalClass::Funds
            }
            Self::InvalidSizePrecision
            | Self::InvalidPricePrecision
            | Self::InvalidLimitPrice
            | Self::InvalidSide
            | Self::InvalidProductId
            | Self::UnsupportedOrderConfiguration
            | Self::InvalidRequest
            | Self::InvalidArgument
            | Self::BaseSizeTooSmall
            | Self::BaseSizeTooLarge
            | Self::QuoteSizeTooSmall
            | Self::QuoteSizeTooLarge
            | Self::QuoteSizePrecision
            | Self::PriceTooLarge
            | Self::InvalidOrderConfig
            | Self::PostOnlyNotAllowedWithFok
            | Self::FokDisabled
            | Self::GtdOrdersMustHaveEndTime
            | Self::EndTimeIsInThePast
            | Self::EndTimeTooFarInFuture
            | Self::StopPriceAboveLimitPrice
            | Self::StopPriceBelowLimitPrice => RefusalClass::OurFault,
            Self::InvalidLimitPricePostOnly => RefusalClass::WouldTake,
            Self::InvalidNoLiquidity
            | Self::LimitPriceTooFarFromMarket
            | Self::PriceBandOnBuy
            | Self::PriceBandOnSell
            | Self::NotAllowedByMarketState
            | Self::MissingProductPriceBook
            | Self::MissingCommissionRate
            | Self::StopPriceAboveLastTradePrice
            | Self::StopPriceBelowLastTradePrice => RefusalClass::MarketState,
            Self::OrderEntryDisabled
            | Self::IneligiblePair
            | Self::UntradableProduct
            | Self::TradingDisabled
            | Self::ProductTradingHalted
            | Self::GeofencingRestriction => RefusalClass::ProductClosed,
            Self::DuplicateClientOrderId => RefusalClass::AlreadyPlaced,
            Self::CommanderRejectedNewOrder | Self::UnknownFailureReason => RefusalClass::Venue,
            Self::Unknown(_) => RefusalClass::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_reason_has_a_class() {
        for text in RefusalReason::KNOWN {
            let reason = RefusalReason::of(text);
            assert_ne!(reason.class(), RefusalClass::Unknown, "{text}");
            assert_eq!(reason.as_str(), *text);
            assert_eq!(RefusalReason::of(&format!("PREVIEW_{text}")), reason);
        }
    }

    #[test]
    fn an_unknown_reason_keeps_its_text() {
        let refusal = Refusal::new("PREVIEW_MOON_IN_THE_WRONG_HOUSE", "wait");
        assert_eq!(refusal.reason.as_str(), "PREVIEW_MOON_IN_THE_WRONG_HOUSE");
        assert_eq!(refusal.class, RefusalClass::Unknown);
    }
}
