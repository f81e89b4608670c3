//! What does a condition on a header, and an edit of one, cost?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gwroute_bench::{Request, Spread, briefly, snapshot};
use gwroute_core::{Decision, RouteTable, ir};
use http::HeaderValue;

/// The same rule and request with no, one and two conditions, with an expression, and with a
/// header that is sent in two lines.
fn conditions(c: &mut Criterion) {
    let mut group = c.benchmark_group("conditions");
    let with = |headers: fn(&mut Vec<ir::ValueMatch>)| {
        let mut made = snapshot(1, Spread::OneHost);
        headers(&mut made.rules[0].matches[0].headers);
        made
    };
    let request = Request::to(0, Spread::OneHost);
    let mut repeated = request.clone();
    repeated
        .headers
        .append("x-version", HeaderValue::from_static("v3"));
    let cases = [
        ("none", with(Vec::clear), &request),
        ("one", with(|headers| headers.truncate(1)), &request),
        ("two", with(|_| ()), &request),
        (
            "two, one an expression",
            with(|headers| {
                headers[1].kind = ir::ValueMatchKind::RegularExpression;
                headers[1].value = "v[0-9]+".into();
            }),
            &request,
        ),
        (
            "two, one in two lines",
            with(|headers| headers[1].value = "v2,v3".into()),
            &repeated,
        ),
    ];
    for (name, made, request) in cases {
        let table = RouteTable::compile(&made).expect("a snapshot that compiles");
        let at = table.entry(None, 80).expect("a listener on port 80");
        assert!(
            matches!(table.decide(at, None, request, 0.5), Decision::Forward(_)),
            "{name}"
        );
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(table.decide(at, None, black_box(request), 0.5)));
        });
    }
    group.finish();
}

fn edits(c: &mut Criterion) {
    let table = RouteTable::compile(&snapshot(1, Spread::OneHost)).expect("it compiles");
    let at = table.entry(None, 80).expect("a listener on port 80");
    let request = Request::to(0, Spread::OneHost);
    let Decision::Forward(forward) = table.decide(at, None, &request, 0.5) else {
        unreachable!("the rule takes the request");
    };
    c.bench_function("edit, one header of ten set", |bencher| {
        let mut headers = request.headers.clone();
        bencher.iter(|| {
            for edits in forward.request_edits() {
                edits.apply(black_box(&mut headers));
            }
        });
    });
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = conditions, edits
}
criterion_main!(benches);
