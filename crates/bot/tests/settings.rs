//! The operator's settings files: what is read, what is refused, what is told.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failed test says where"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cbtrade_bot::settings::{
    BotSettings, ByInterval, FindingKind, MarketSettings, Note, NoteKind, Reload, Settings,
    SettingsError, SettingsStore, ShareMode,
};
use cbtrade_core::Decimal;
use cbtrade_indicators::Interval;
use cbtrade_strategy::Strategy;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn read(text: &str) -> MarketSettings {
    MarketSettings::read("market_usdc.json", text).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    match MarketSettings::read("market_usdc.json", text) {
        Ok(_) => panic!("{text} was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_unknown_key_is_refused_by_name_line_and_likely_meaning() {
    for (text, expected) in [
        (
            "{\n\"buy\": {\n\"trade_sise\": 5 } }",
            "market_usdc.json, line 3: there is no setting `buy.trade_sise`; did you mean `trade_size`?",
        ),
        ("{ \"colour\": 1 }", "line 1: there is no setting `colour`"),
        (
            "{ \"strats\": { \"shaa\": {} } }",
            "no setting `strats.shaa`; did you mean `sha`?",
        ),
        (
            "{ \"buy\": { \"trade_size\": { \"***\": 5, \"btc-usdc\": 7 } } }",
            "there is no setting `buy.trade_size.btc-usdc`",
        ),
        (
            "{ \"buy\": { \"buy_strat_delay_minutes\": { \"***\": 5, \"15 min\": 7 } } }",
            "`buy.buy_strat_delay_minutes.15 min`; did you mean `15min`?",
        ),
        (
            "{ \"buy\": { \"trade_size\": { \"***\": 5, \"15min\": 7 } } }",
            "there is no setting `buy.trade_size.15min`",
        ),
        (
            "{ \"budget\": { \"mkt_shares\": { \"btc\": 7 } } }",
            "there is no setting `budget.mkt_shares.btc`",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(expected), "{error}\nlacks {expected}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    for (text, expected) in [
        (
            "{ \"trade_yn\": \"yes\" }",
            "`trade_yn` must be \"Y\" or \"N\", not \"yes\"",
        ),
        (
            "{ \"buy\": { \"trade_size\": \"5\" } }",
            "`buy.trade_size` must be a number above 0, not \"5\"",
        ),
        (
            "{ \"buy\": { \"trade_size\": 0 } }",
            "must be a number above 0, not 0",
        ),
        (
            "{ \"buy\": { \"open_poss_cnt_max\": 1.5 } }",
            "must be a whole number from 0 on, not 1.5",
        ),
        (
            "{ \"budget\": { \"spend_up_max_pct\": 101 } }",
            "a percentage from 0 to 100",
        ),
        (
            "{ \"budget\": { \"reserve_amt\": 0.0000000000001 } }",
            "at most 12 digits after the point",
        ),
        (
            "{ \"buy\": [] }",
            "`buy` must be a group of keys, not a list",
        ),
        (
            "{ \"pairs\": { \"trade_pairs\": [\"BTCUSDC\"] } }",
            "a list of products such as \"BTC-USDC\"",
        ),
        (
            "{ \"strats\": { \"vwtm\": { \"freqs\": [\"15min\"] } } }",
            "this strategy's candles",
        ),
        (
            "{ \"sell\": { \"stop_loss\": { \"hard_stop_loss_strats_skip\": [\"shaa\"] } } }",
            "a list of strategies",
        ),
        (
            "{ \"sell\": { \"stop_loss\": { \"atr_stop_loss_rfreq\": \"2h\" } } }",
            "one of \"1min\"",
        ),
        (
            "{ \"buy\": { \"trade_size\": { \"BTC-USDC\": 5 } } }",
            "one for all others (`***`)",
        ),
        (
            "{ \"trade_yn\": \"Y\", \"trade_yn\": \"N\" }",
            "`trade_yn` is there twice",
        ),
        ("[1]", "the file` must be a group of keys"),
        (
            "{ \"strats\": { \"vwmacd\": { \"macd_fast\": 10 } } }",
            "contradicts itself",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(expected), "{error}\nlacks {expected}");
    }
    let broken = MarketSettings::read("market_usdc.json", "{\n\"a\": ,\n}").unwrap_err();
    assert!(matches!(broken, SettingsError::NotJson { .. }));
}

#[test]
fn b13_values_by_product_and_by_candles_stand_beside_each_other() {
    let settings = read(
        "{ \"buy\": { \"trade_size\": { \"***\": 5, \"BTC-USDC\": 25 }, \
           \"buy_strat_delay_minutes\": { \"***\": 30, \"15min\": 5, \"1d\": 240, \
             \"BTC-USDC\": { \"***\": 12, \"1h\": 7 }, \"ETH-USDC\": 3 } }, \
           \"strats\": { \"bb\": { \"buy\": { \"tests_min\": { \"***\": 10, \"4h\": 3 } } } } }",
    );
    let [btc, eth, ada] = ["BTC-USDC", "ETH-USDC", "ADA-USDC"].map(|one| settings.resolve(one));
    assert_eq!(
        [btc.buy.trade_size, ada.buy.trade_size],
        ["25", "5"].map(decimal)
    );
    let delays = |delay: &ByInterval<i64>| {
        [
            Interval::FifteenMinutes,
            Interval::OneHour,
            Interval::OneDay,
        ]
        .map(|one| *delay.get(one))
    };
    assert_eq!(delays(&ada.buy.strategy_delay_minutes), [5, 30, 240]);
    assert_eq!(delays(&btc.buy.strategy_delay_minutes), [12, 7, 12]);
    assert_eq!(delays(&eth.buy.strategy_delay_minutes), [3, 3, 3]);
    let tests = &ada.strategy_buy(Strategy::Bb).tests_min;
    assert_eq!(
        (
            *tests.get(Interval::FourHours),
            *tests.get(Interval::OneHour)
        ),
        (3, 10)
    );
    assert_eq!(
        settings.products().collect::<Vec<_>>(),
        ["BTC-USDC", "ETH-USDC"]
    );
    assert_eq!(ada.prod_id, "ADA-USDC");
}

#[test]
fn whole_groups_can_be_given_by_product() {
    let settings = read(
        "{ \"budget\": { \"spend_max_pcts\": { \"***\": { \"spend_up_max_pct\": 50, \"spend_dn_max_pct\": 50 }, \
           \"BTC-USDC\": { \"spend_up_max_pct\": 40, \"spend_dn_max_pct\": 60 } } }, \
           \"sell\": { \"rainy_day\": { \"***\": { \"pocket_pct\": 1 }, \"BTC-USDC\": { \"pocket_pct\": 2 } } } }",
    );
    let btc = settings.resolve("BTC-USDC");
    assert_eq!(btc.budget.spend_dn_max_pct, decimal("60"));
    assert_eq!(btc.sell.pocket_pct, decimal("2"));
    assert_eq!(
        settings.resolve("ADA-USDC").budget.spend_dn_max_pct,
        decimal("50")
    );
}

#[test]
fn numbers_are_the_digits_of_the_file() {
    let settings =
        read("{ \"budget\": { \"spend_max_amt\": 14000.000000000001, \"reserve_amt\": 1e-3 } }");
    assert_eq!(
        settings.budget.spend_max_amt.to_string(),
        "14000.000000000001"
    );
    assert_eq!(settings.budget.reserve_amt, decimal("0.001"));
}

#[test]
fn keys_without_effect_odd_spellings_and_missing_keys_are_noted() {
    let settings = read(
        "{ \"loop_secs\": 15, \"buy\": { \"show_tests_min\": 50 }, \"sell\": { \"stop_loss\": \
           { \"atr_stol_loss_strats_skip\": [\"sha\"] } } }",
    );
    let has = |kind, key: &str| {
        let key = key.to_owned();
        settings.notes.contains(&Note { kind, key })
    };
    assert!(has(NoteKind::WithoutEffect, "loop_secs"));
    assert!(has(NoteKind::WithoutEffect, "buy.show_tests_min"));
    assert!(has(
        NoteKind::OddSpelling,
        "sell.stop_loss.atr_stol_loss_strats_skip"
    ));
    assert!(has(NoteKind::Missing, "buy.trade_size"));
    assert!(has(NoteKind::Missing, "strats"));
    // Of a group that is missing, not every key.
    assert!(!has(NoteKind::Missing, "budget.reserve_amt") && has(NoteKind::Missing, "budget"));
    let skipped = &settings
        .resolve("ADA-USDC")
        .sell
        .stop_loss
        .atr
        .strategies_skipped;
    assert_eq!(skipped, &BTreeSet::from([Strategy::Sha]));
}

#[test]
fn b17_the_keys_of_the_hard_profit_are_those_of_the_file() {
    for prefix in ["hard_take_profit", "hard_profit"] {
        let text = format!(
            "{{ \"sell\": {{ \"take_profit\": {{ \"hard_take_profit_yn\": \"Y\", \"{prefix}_pct\": 21, \
             \"{prefix}_strats_skip\": [\"sha\"] }} }} }}"
        );
        let hard = read(&text).resolve("ADA-USDC").sell.take_profit.hard;
        assert_eq!((hard.is_on, hard.pct), (true, decimal("21")));
        assert_eq!(hard.strategies_skipped, BTreeSet::from([Strategy::Sha]));
    }
}

#[test]
fn b32_levels_are_read_as_numbers_in_order() {
    let text = "{ \"sell\": { \"take_profit\": { \"trailing_profit_levels\": \
                { \"89\": 4.5, \"8\": 2.0, \"13\": 2.5, \"1\": 0.2 } } } }";
    let levels = read(text).resolve("ADA-USDC").sell.take_profit.levels;
    let peaks: Vec<String> = levels
        .iter()
        .map(|level| level.peak_pct_min.to_string())
        .collect();
    assert_eq!(peaks, ["1", "8", "13", "89"]);
}

#[test]
fn without_a_word_about_paper_every_buy_is_a_paper_buy() {
    assert!(read("{}").resolve("ADA-USDC").paper_only);
    let settings = read("{ \"paper_trades_only_yn\": \"N\" }");
    assert!(!settings.resolve("ADA-USDC").paper_only);
}

#[test]
fn the_files_of_a_first_run_are_the_defaults() {
    let [(_, bot), (name, text)] = Settings::example();
    let bot = BotSettings::read(bot).unwrap();
    assert_eq!((bot.loop_seconds, bot.auto_loop_seconds), (15, 60));
    assert_eq!(bot.markets["USDC"], name);
    assert!(bot.notes.is_empty(), "{:?}", bot.notes);
    let example = read(text);
    assert!(example.notes.is_empty(), "{:?}", example.notes);
    let empty = read("{}");
    // What the file says and no default can: that it is for real, and which products are to be sold.
    let mut rest = empty.resolve("***");
    rest.paper_only = false;
    rest.sell.force.prod_ids = ["TRUMP-USDC".to_owned()].into();
    assert_eq!(example.resolve("***"), rest);
    assert_eq!(example.budget.share_mode, ShareMode::Shares);
    let shares = [("BTC-USDC", "70"), ("ADA-USDC", "2"), ("LTC-USDC", "1")];
    for (prod_id, share) in shares {
        assert_eq!(example.resolve(prod_id).budget.share, decimal(share));
    }
    let mut same = empty;
    same.budget.shares = example.budget.shares.clone();
    assert_eq!(example.budget, same.budget);
    same.pairs.traded = example.pairs.traded.clone();
    same.pairs.stable = example.pairs.stable.clone();
    assert_eq!(
        (&example.pairs, example.open_products_max),
        (&same.pairs, same.open_products_max)
    );
    let btc = example.resolve("BTC-USDC");
    assert_eq!(
        (btc.tests.close_cnt_min, btc.buy.open_live_cnt_max),
        (1, 100)
    );
}

#[test]
fn what_holds_for_the_first_time_is_announced_with_its_value() {
    let folder = tempfile::tempdir().unwrap();
    Settings::write_example(folder.path()).unwrap();
    let store = SettingsStore::open(folder.path()).unwrap();
    let findings = store.current().check();
    let of = |key: &str| {
        let found = findings.iter().find(|finding| finding.key == key);
        let found = found.unwrap_or_else(|| panic!("{key} is not announced"));
        assert_eq!(found.kind, FindingKind::Enforced, "{found}");
        found.to_string()
    };
    assert!(of("budget.max_tot_loss").contains("-250"));
    let limits = of("budget.spend_pair_max");
    assert!(
        limits.contains("100, ADA-USDC 300, BTC-USDC 6000"),
        "{limits}"
    );
    assert!(of("buy.strat_open_cnt_max").contains("2, BTC-USDC 5"));
    assert!(
        of("buy.buy_strat_delay_minutes").contains("15min 5 30min 10 1h 20 4h 40 1d 240 others 30")
    );
    assert!(of("sell.take_profit.trailing_profit_levels").contains("1:0.2 2:0.4"));
    for key in [
        "budget.spend_max_pcts",
        "budget.undesignated_pair_max_pct",
        "buy.mkts_open_max",
        "buy.open_test_poss_cnt_max",
        "buy.strat_open_test_cnt_max",
        "buy.buy_delay_minutes",
        "strats.sha.buy.tests_min",
    ] {
        of(key);
    }
    // The operator's policy, and what it does to stops.
    let stops = findings
        .iter()
        .find(|finding| finding.key == "sell.never_sell_loss.all_yn");
    assert_eq!(stops.unwrap().kind, FindingKind::Caution);
    // Nothing that is as it always was.
    assert!(!findings.iter().any(|finding| finding.key == "trade_yn"));
}

#[test]
fn b14_a_switch_that_is_off_and_a_repaired_strategy_that_is_on_are_announced() {
    let folder = tempfile::tempdir().unwrap();
    Settings::write_example(folder.path()).unwrap();
    let path = folder.path().join("market_usdc.json");
    let text = fs::read_to_string(&path).unwrap();
    let text = text
        .replacen("\"trade_live_yn\": \"Y\"", "\"trade_live_yn\": \"N\"", 1)
        .replacen(
            "\"ht\": {\n      \"use_yn\": \"N\"",
            "\"ht\": {\n      \"use_yn\": \"Y\"",
            1,
        );
    fs::write(&path, text).unwrap();
    let store = SettingsStore::open(folder.path()).unwrap();
    let findings = store.current().check();
    for key in ["trade_live_yn", "strats.ht.use_yn"] {
        let found = findings.iter().find(|finding| finding.key == key).unwrap();
        assert_eq!(found.kind, FindingKind::Enforced);
    }
}

#[test]
fn b12_a_broken_file_keeps_the_last_good_settings_and_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("market_usdc.json");
    assert!(matches!(
        SettingsStore::open(folder.path()),
        Err(SettingsError::Unreadable { .. })
    ));
    assert_eq!(Settings::write_example(folder.path()).unwrap().len(), 2);
    let good = fs::read_to_string(&path).unwrap();
    let mut store = SettingsStore::open(folder.path()).unwrap();
    let before = store.current().clone();
    assert!(matches!(store.reload(), Reload::Unchanged));
    for broken in [
        "{",
        "",
        "{ \"colour\": 1 }",
        "{ \"buy\": { \"trade_size\": \"5\" } }",
    ] {
        fs::write(&path, broken).unwrap();
        // Told once, and again only after another change.
        assert!(matches!(store.reload(), Reload::Kept { .. }), "{broken}");
        assert!(matches!(store.reload(), Reload::StillKept), "{broken}");
        assert_eq!(store.current(), &before);
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(store.reload(), Reload::Kept { .. }));
    assert!(matches!(store.reload(), Reload::StillKept));
    assert!(!path.exists());
    fs::write(
        &path,
        good.replacen("\"buying_on_yn\": \"Y\"", "\"buying_on_yn\": \"N\"", 1),
    )
    .unwrap();
    assert!(matches!(store.reload(), Reload::Changed { findings } if findings.is_empty()));
    let market = &store.current().markets["USDC"];
    assert!(!market.resolve("ADA-USDC").buy.is_on);
    fs::write(
        &path,
        good.replacen("\"max_tot_loss\": -250", "\"max_tot_loss\": -99", 1),
    )
    .unwrap();
    let Reload::Changed { findings } = store.reload() else {
        panic!("the change was not seen")
    };
    assert_eq!(findings.len(), 1);
    assert!(findings[0].to_string().contains("-99"));
    // Files that are there are left alone.
    assert!(Settings::write_example(folder.path()).unwrap().is_empty());
}

#[test]
fn b05_a_market_is_read_from_the_file_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [_, (_, market)] = Settings::example();
    let bot = "{ \"loop_secs\": 3, \"performance_timing_x\": 1, \"trade_markets\": { \"USDC\": { \"settings_fpath\": \"mine.json\" } } }";
    fs::write(folder.path().join("bot.json"), bot).unwrap();
    fs::write(folder.path().join("mine.json"), market).unwrap();
    let store = SettingsStore::open(folder.path()).unwrap();
    let settings = store.current();
    assert_eq!(settings.bot.loop_seconds, 3);
    assert!(settings.markets.contains_key("USDC"));
    let notes = &settings.bot.notes;
    assert!(notes.iter().any(|note| note.key == "performance_timing_x"));
}

#[test]
fn the_recorded_file_of_the_former_code_is_read() {
    let place = "../shared/cbtrade/golden/trading/settings";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(place);
    if !folder.is_dir() {
        println!(
            "SKIPPED: the_recorded_file_of_the_former_code_is_read: the settings are not at {place}"
        );
        return;
    }
    let text = fs::read_to_string(folder.join("resolved-ADA-USDC.json")).unwrap();
    let settings = read(&text);
    let without_effect: BTreeSet<&str> = settings
        .notes
        .iter()
        .filter(|note| note.kind == NoteKind::WithoutEffect)
        .map(|note| note.key.as_str())
        .collect();
    println!("{} keys without effect", without_effect.len());
    for key in [
        "loop_secs",
        "buy.special_prod_ids",
        "buy.trade_strat_perf_recent_cnt",
        "strats.sha.rsi_threshold",
        "strats.vidya.shadow",
        "strats.tpo.disp_lvl",
        "strats.rsi_div_macd.buy.volume_multiplier",
        "strats.st_atr.atr_period",
        "strats.nwe_rev.mult",
    ] {
        assert!(without_effect.contains(key), "{key}");
    }
    // A file that was written for one product has no list of pairs, and nothing else is missing.
    let missing = settings
        .notes
        .iter()
        .filter(|note| note.kind == NoteKind::Missing);
    let missing: Vec<&str> = missing.map(|note| note.key.as_str()).collect();
    assert_eq!(missing, ["pairs"]);
}

#[test]
fn every_key_is_in_the_reference() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/settings.md");
    let reference = fs::read_to_string(path).unwrap();
    let keys = MarketSettings::keys().unwrap();
    assert!(keys.len() > 300, "{}", keys.len());
    let mut lacking = Vec::new();
    for key in &keys {
        let mut parts: Vec<&str> = key.split('.').collect();
        // Every strategy has the same groups; its own parameters stand in a table of their own.
        if parts[0] == "strats" && parts.len() > 1 {
            let strategy = parts.remove(1);
            let own = format!("`{strategy}`");
            let common = format!(
                "`{}`",
                parts.join(".").replacen("strats.", "strats.NAME.", 1)
            );
            let parameter = format!("`{}`", parts.last().unwrap());
            if reference.contains(&common)
                || (reference.contains(&own) && reference.contains(&parameter))
            {
                continue;
            }
        } else if reference.contains(&format!("`{key}`")) {
            continue;
        }
        lacking.push(key);
    }
    assert!(
        lacking.is_empty(),
        "docs/reference/settings.md lacks {lacking:#?}"
    );
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let text = "{\n\"trade_yn\": \"maybe\",\n\"colour\": 1,\n\"buy\": {\n\"trade_sise\": 5,\n\
        \"trade_size_max\": { \"***\": 5,\n\"BTC-USDC\": -1 },\n\"buying_on_yn\": \"Y\", \"buying_on_yn\": \"N\" } }";
    let faults: Vec<String> = MarketSettings::faults("market_usdc.json", text)
        .iter()
        .map(ToString::to_string)
        .collect();
    let all = faults.join("\n");
    for words in [
        "line 2: `trade_yn` must be",
        "line 3: there is no setting `colour`",
        "line 5: there is no setting `buy.trade_sise`",
        "line 7: `buy.trade_size_max` must be",
        "line 8: `buy.buying_on_yn` is there twice",
    ] {
        assert!(all.contains(words), "no {words} in\n{all}");
    }
    assert_eq!(faults.len(), 5, "{all}");
    assert!(MarketSettings::faults("market_usdc.json", "{}").is_empty());
    assert_eq!(MarketSettings::faults("market_usdc.json", "{").len(), 1);

    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("bot.json"),
        "{ \"loop_secs\": 0, \"speek_yn\": \"Y\" }",
    )
    .unwrap();
    fs::write(folder.path().join("market_usdc.json"), text).unwrap();
    let faults = Settings::faults(folder.path());
    assert_eq!(faults.len(), 7, "{faults:?}");
    assert!(faults.iter().any(|fault| {
        fault
            .to_string()
            .contains("`loop_secs` must be a whole number from 1 on")
    }));
}

#[test]
fn a_byte_order_mark_is_read_over_and_true_is_y() {
    let settings = read("\u{feff}{ \"trade_yn\": false, \"trade_live_yn\": true }");
    assert!(!settings.resolve("BTC-USDC").trades);
    assert!(settings.resolve("BTC-USDC").trades_live);
}

#[test]
fn numbers_that_cannot_be_meant_are_cautioned_about_first() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bot: &str, market: &str| {
        fs::write(folder.path().join("bot.json"), bot).unwrap();
        fs::write(folder.path().join("market_usdc.json"), market).unwrap();
        let store = SettingsStore::open(folder.path()).unwrap();
        store.current().check()
    };
    let market = "{ \"buy\": { \"trade_size\": 50, \"trade_size_max\": 20 }, \
        \"sell\": { \"stop_loss\": { \"hard_stop_loss_pct\": 700 } } }";
    let findings = check("{ \"loop_secs\": 1000000000 }", market);
    let cautions = findings
        .iter()
        .take_while(|finding| finding.kind == FindingKind::Caution);
    let keys: Vec<&str> = cautions.map(|finding| finding.key.as_str()).collect();
    let odd = [
        "loop_secs",
        "buy.trade_size_max",
        "sell.stop_loss.hard_stop_loss_pct",
    ];
    for key in odd {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    let findings = check("{}", "{}");
    for key in odd {
        let is_cautioned = findings
            .iter()
            .any(|finding| finding.key == key && finding.kind == FindingKind::Caution);
        assert!(!is_cautioned, "{key}");
    }
}
