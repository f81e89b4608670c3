//! What does one decision cost, and does it grow with the number of rules?

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gwroute_bench::{Request, Spread, briefly, snapshot};
use gwroute_core::{Decision, RouteTable};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];

/// A host, a path of three segments and two header conditions hold for the request.
fn hits(c: &mut Criterion) {
    for (name, spread, sizes) in [
        ("one host", Spread::OneHost, &SIZES[..]),
        ("many hosts", Spread::ManyHosts, &SIZES[..]),
        ("one prefix, another header", Spread::OnePrefix, &SIZES[..2]),
    ] {
        let mut group = c.benchmark_group(name);
        for &rules in sizes {
            let request = Request::to(rules / 2, spread);
            measure(&mut group, rules, spread, &request, true);
        }
        group.finish();
    }
}

/// Nothing takes the request: another path, another host, another header.
fn misses(c: &mut Criterion) {
    type Change = fn(&mut Request);
    let changes: [(&str, Spread, &[usize], Change); 3] = [
        ("another path", Spread::OneHost, &SIZES, |request| {
            request.target = "/api/orders/none/at/all".into();
        }),
        ("another host", Spread::ManyHosts, &SIZES, |request| {
            request.set("host", "none.example.com");
        }),
        (
            "another header",
            Spread::OnePrefix,
            &SIZES[..2],
            |request| {
                request.set("x-tenant", "none");
            },
        ),
    ];
    for (name, spread, sizes, change) in changes {
        let mut group = c.benchmark_group(format!("miss, {name}"));
        for &rules in sizes {
            let mut request = Request::to(rules / 2, spread);
            change(&mut request);
            measure(&mut group, rules, spread, &request, false);
        }
        group.finish();
    }
}

fn measure(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    rules: usize,
    spread: Spread,
    request: &Request,
    hit: bool,
) {
    let table = RouteTable::compile(&snapshot(rules, spread)).expect("a snapshot that compiles");
    let at = table.entry(None, 80).expect("a listener on port 80");
    let decision = table.decide(at, None, request, 0.5);
    assert_eq!(
        matches!(decision, Decision::Forward(_)),
        hit,
        "{decision:?}"
    );
    group.bench_function(BenchmarkId::from_parameter(rules), |bencher| {
        bencher.iter(|| black_box(table.decide(at, None, black_box(request), 0.5)));
    });
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = hits, misses
}
criterion_main!(benches);
