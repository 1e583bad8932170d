use cbtrade_migrate::*;
use std::sync::{Arc, Mutex};
use std::time::Instant;
struct P(Instant, Mutex<String>);
impl Progress for P {
    fn report(&self, e: Event) {
        if let Event::Stage { name, rows } = &e {
            let s = std::fs::read_to_string("/proc/self/status").unwrap();
            println!(
                "{:7.2}s stage {name} {rows} {} {}",
                self.0.elapsed().as_secs_f64(),
                s.lines().find(|l| l.starts_with("VmHWM")).unwrap(),
                s.lines().find(|l| l.starts_with("VmRSS")).unwrap()
            );
        }
        if let Event::Waiting(w) = e {
            println!("wait {w}");
        }
    }
}
#[tokio::main]
async fn main() {
    let a: Vec<String> = std::env::args().collect();
    let target: cbtrade_mysql::Target = a[2].parse().unwrap();
    let target = target.with_password(cbtrade_mysql::Secret::from_env("CBTRADE_MYSQL_PASSWORD"));
    let job = Job {
        sources: vec![a[1].clone().into()],
        target,
        candles_database: None,
        home: "/tmp/hb/perf/home".into(),
    };
    let t = Instant::now();
    let w = a.get(3).map_or(2, |w| w.parse().unwrap());
    let mut m = Migration::open(
        job,
        Options {
            workers: w,
            ..Options::default()
        },
        Arc::new(P(t, Mutex::new(String::new()))),
    )
    .unwrap();
    let r = m.run().await;
    println!(
        "{:7.2}s done {:?}",
        t.elapsed().as_secs_f64(),
        r.map(|p| (p.rows, p.values, p.differences))
    );
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", s.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    m.rollback().await.unwrap();
}
