//! What does the thousandth rule cost: reading and compiling 10,000, and changing one of them?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gwroute_bench::{Spread, briefly, rule, snapshot};
use gwroute_core::{RouteTable, ir};

const RULES: usize = 10_000;

fn compile(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile 10,000");
    group.sample_size(10);
    for (name, spread) in [
        ("one host", Spread::OneHost),
        ("many hosts", Spread::ManyHosts),
        ("one prefix", Spread::OnePrefix),
    ] {
        let made = snapshot(RULES, spread);
        group.bench_function(name, |bencher| {
            bencher.iter(|| RouteTable::compile(black_box(&made)).expect("it compiles"));
        });
    }
    let json = serde_json::to_vec(&snapshot(RULES, Spread::OneHost)).expect("it is written");
    group.bench_function("one host, from JSON", |bencher| {
        bencher.iter(|| RouteTable::from_json(black_box(&json)).expect("it compiles"));
    });
    group.finish();
}

/// The old table is dropped within the time, as it is where it serves.
fn patch(c: &mut Criterion) {
    let mut group = c.benchmark_group("change one of 10,000");
    for (name, spread) in [
        ("one host", Spread::OneHost),
        ("many hosts", Spread::ManyHosts),
        ("one prefix", Spread::OnePrefix),
    ] {
        let mut table = RouteTable::compile(&snapshot(RULES, spread)).expect("it compiles");
        let delta = |line| {
            let mut changed = rule(RULES / 2, spread);
            changed.matches[0].line = Some(line);
            ir::Delta {
                schema: ir::SCHEMA,
                put_rules: vec![changed],
                ..ir::Delta::default()
            }
        };
        let mut line = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                line += 1;
                table = table.patch(&delta(line)).expect("the delta fits");
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = compile, patch
}
criterion_main!(benches);
