//! `cbtrade backtest`: files in, figures out.

use std::fmt::Write as _;

use crate::harness::Place;

const HEADER: &str = "start_unix,open,high,low,close,volume";

/// Minutes of a market that falls and recovers again and again.
fn waves(minutes: i64) -> String {
    let mut text = format!("{HEADER}\n");
    for minute in 0..minutes {
        // A wave of ten hours, 20 % high, with a smaller one of an hour on it.
        let at = |minute: i64| {
            let part = |length: i64| {
                let place = minute.rem_euclid(length);
                place.min(length - place) * 1_000 / length
            };
            100_000 + part(600) * 40 + part(60) * 2
        };
        let (open, close) = (at(minute), at(minute + 1));
        let (high, low) = (open.max(close) + 10, open.min(close) - 10);
        let price =
            |thousandths: i64| format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{}",
            1_735_689_600 + 60 * minute,
            price(open),
            price(high),
            price(low),
            price(close),
            minute % 7 + 1
        );
    }
    text
}

#[test]
fn a_replay_gives_a_summary_a_document_a_page_and_trades() {
    let place = Place::new();
    std::fs::write(place.path("waves.csv"), waves(6_000)).unwrap();
    let arguments = [
        "backtest",
        "--product",
        "TST-USDC",
        "--candles",
        "waves.csv",
        "--qualified",
    ];
    let files = ["--html", "waves.html", "--trades", "trades.csv"];
    let said = place.run(&[arguments.as_slice(), &files].concat()).ends(0);
    for words in [
        "TST-USDC from 2025-01-01T00:00:00Z",
        "max drawdown",
        "buy and hold",
        "denied",
    ] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    let page = std::fs::read_to_string(place.path("waves.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("prefers-color-scheme:dark"));
    assert!(!page.contains("http"), "the page leads elsewhere");
    let trades = std::fs::read_to_string(place.path("trades.csv")).unwrap();
    let json = place
        .run(&[arguments.as_slice(), &["--json"]].concat())
        .ends(0);
    let document = json.json();
    let report = &document["report"];
    let count = |class: &str| report[class]["trades"].as_u64().unwrap();
    let lines = u64::try_from(trades.lines().count()).unwrap();
    assert_eq!(lines, count("live") + count("paper") + 1);
    assert!(count("live") > 0, "{report:#}");
    assert_eq!(report["trades"].as_array().unwrap().len() as u64, lines - 1);
    assert_eq!(report["result"]["minutes"], 6_000);
    assert_eq!(document["settings"], "of a first run");
    // The page of documents names every field.
    let page = include_str!("../../../../docs/reference/json.md");
    let objects = [
        report,
        &report["result"],
        &report["terms"],
        &report["live"],
        &report["curve"][0],
    ];
    for name in objects
        .iter()
        .flat_map(|object| object.as_object().unwrap().keys())
    {
        assert!(
            page.contains(&format!("`{name}`")),
            "json.md does not name {name}"
        );
    }
    // The same again, to the byte.
    let again = place
        .run(&[arguments.as_slice(), &["--json"]].concat())
        .ends(0);
    assert_eq!(json.out, again.out);
}

#[test]
fn a_choice_of_strategies_period_and_settings() {
    let place = Place::new();
    std::fs::write(place.path("waves.csv"), waves(4_000)).unwrap();
    std::fs::create_dir(place.path("settings")).unwrap();
    let bot = r#"{"trade_markets": {"USDC": {"settings_fpath": "market_usdc.json"}}}"#;
    std::fs::write(place.path("settings/bot.json"), bot).unwrap();
    let market = r#"{"paper_trades_only_yn": "Y"}"#;
    std::fs::write(place.path("settings/market_usdc.json"), market).unwrap();
    let said = place
        .run(&[
            "backtest",
            "--product",
            "TST-USDC",
            "--candles",
            "waves.csv",
            "--settings",
            "settings",
            "--strategy",
            "sha,ht",
            "--interval",
            "15min",
            "--from",
            "2025-01-02 12:00:00",
            "--to",
            "2025-01-03",
            "--cash",
            "500",
            "--json",
        ])
        .ends(0);
    let document = said.json();
    let report = &document["report"];
    assert_eq!(
        report["terms"]["strategies"],
        serde_json::json!(["sha", "ht"])
    );
    assert_eq!(report["terms"]["intervals"], serde_json::json!(["15min"]));
    assert_eq!(report["result"]["warm_up_minutes"], 2_160);
    assert_eq!(report["result"]["minutes"], 720);
    assert_eq!(report["result"]["equity"], "500");
    let notes = report["notes"].to_string();
    assert!(notes.contains("paper_trades_only_yn"), "{notes}");
}

#[test]
fn what_cannot_be_replayed_is_refused_with_its_place() {
    let place = Place::new();
    let write = |name: &str, text: &str| std::fs::write(place.path(name), text).unwrap();
    let run = |file: &str| place.run(&["backtest", "--product", "TST-USDC", "--candles", file]);
    let good = waves(10);
    write("order.csv", &format!("{good}1735689600,1,1,1,1,1\n"));
    let _ = run("order.csv")
        .ends(3)
        .tells(&["order.csv, line 12", "comes after"]);
    let twice = good.lines().last().unwrap().replace(",100", ",101");
    write("twice.csv", &format!("{good}{twice}\n"));
    let _ = run("twice.csv")
        .ends(3)
        .tells(&["line 12", "a second time with other numbers"]);
    write("words.csv", &format!("{good}1735693200,1,1,1,one,1\n"));
    let _ = run("words.csv")
        .ends(3)
        .tells(&["line 12", "`close` is no number"]);
    write("header.csv", "time,price\n1,2\n");
    let _ = run("header.csv")
        .ends(3)
        .tells(&["does not begin with the line"]);
    let _ = run("absent.csv")
        .ends(6)
        .tells(&["absent.csv cannot be read"]);
    write("good.csv", &good);
    let _ = place
        .run(&["backtest", "--product", "btc", "--candles", "good.csv"])
        .ends(2)
        .tells(&["no product such as BTC-USDC"]);
    let _ = place
        .run(&[
            "backtest",
            "--product",
            "TST-USDC",
            "--candles",
            "good.csv",
            "--from",
            "2026-01-01",
        ])
        .ends(3)
        .tells(&[
            "no candle in the period from 2026-01-01T00:00:00Z",
            "reach from 2025-01-01",
        ]);
    let _ = place
        .run(&[
            "backtest",
            "--product",
            "TST-USDC",
            "--candles",
            "good.csv",
            "--strategy",
            "hope",
        ])
        .ends(2)
        .tells(&["nwe_3row"]);
    let _ = place
        .run(&[
            "backtest",
            "--product",
            "TST-USDC",
            "--candles",
            "good.csv",
            "--fee=-1",
        ])
        .ends(2)
        .tells(&["a fee of -1 %"]);
    // Few minutes are replayed, and what they are too few for is said.
    let said = run("good.csv").ends(0);
    assert!(
        said.out
            .contains("No strategy could be judged on 1d candles"),
        "{}",
        said.out
    );
}

#[test]
fn a_database_gives_its_candles_and_none_are_made_up() {
    let place = Place::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let path = place.path("cbtrade.db");
    runtime.block_on(async {
        use cbtrade_database::{CandlePrices, Database, Options};
        let database = Database::create_file(&path, Options::default())
            .await
            .unwrap();
        database.ensure_database_ready().await.unwrap();
        let candles = database.ohlcv("TST-USDC").await.unwrap();
        let text = waves(3_000);
        let rows: Vec<CandlePrices> = text
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                let number = |place: usize| Some(fields[place].parse().unwrap());
                CandlePrices {
                    timestamp: cbtrade_core::Timestamp::from_seconds(fields[0].parse().unwrap())
                        .unwrap(),
                    open: number(1),
                    high: number(2),
                    low: number(3),
                    close: number(4),
                    volume: number(5),
                }
            })
            .collect();
        candles.save_history("1min", &rows).await.unwrap();
    });
    let target = path.display().to_string();
    let run = |more: &[&str]| {
        let first = ["backtest", "--target", &target, "--json"];
        place.run(&[first.as_slice(), more].concat())
    };
    let report = run(&["--product", "TST-USDC", "--from", "2025-01-02"])
        .ends(0)
        .json();
    assert_eq!(report["report"]["result"]["minutes"], 1_560);
    assert_eq!(report["report"]["result"]["warm_up_minutes"], 1_440);
    let none = run(&["--product", "NONE-USDC", "--from", "2025-01-02"]).ends(3);
    assert!(
        none.json()["error"]["message"].to_string().contains("NONE"),
        "{}",
        none.out
    );
    let _ = run(&["--product", "TST-USDC"]).ends(2).tells(&["--from"]);
}

#[test]
fn what_cannot_be_replayed_is_told_in_words() {
    let place = Place::new();
    std::fs::write(place.path("empty.csv"), format!("{HEADER}\n")).unwrap();
    let replay = [
        "backtest",
        "--product",
        "TST-USDC",
        "--candles",
        "empty.csv",
    ];
    let said = place.run(&replay).ends(3).tells(&["no candle"]);
    assert!(!said.err.contains("from - to -"), "{}", said.err);
    // As `settings check` ends for the same folder.
    let settings = ["--settings", "absent"];
    let _ = place.run(&[replay.as_slice(), &settings].concat()).ends(6);
    let _ = place.run(&["settings", "check", "absent"]).ends(6);
}

#[test]
fn an_unknown_product_is_not_told_in_sql() {
    let place = Place::new();
    let file = place.path("bots.db").display().to_string();
    let _ = place.run(&["db", "upgrade", "--target", &file]).ends(0);
    let said = place
        .run(&[
            "backtest",
            "--product",
            "NONE-USDC",
            "--from",
            "2025-01-01",
            "--target",
            &file,
        ])
        .ends(3)
        .tells(&["no candles of NONE-USDC"]);
    assert!(!said.err.contains("SELECT"), "{}", said.err);
}

#[test]
fn a_stopped_replay_leaves_the_trades_that_closed_until_then() {
    let place = Place::new();
    // Half a million minutes take far longer than the first trades.
    std::fs::write(place.path("waves.csv"), waves(500_000)).unwrap();
    let mut command = place.command(&[
        "backtest",
        "--product",
        "TST-USDC",
        "--candles",
        "waves.csv",
        "--qualified",
        "--trades",
        "trades.csv",
    ]);
    let mut child = command
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines =
        || std::fs::read_to_string(place.path("trades.csv")).map_or(0, |text| text.lines().count());
    while lines() < 2 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before a trade closed"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("nothing of the replay is kept"), "{said}");
    assert!(!said.contains("migrate status"), "{said}");
    assert!(lines() >= 2);
}
