# What people who work on Posthorn do often. `just --list` shows it. Each recipe is a command you can also type;
# `.ci/run` runs the same ones. Install: `pip install rust-just`, or your system's package `just`.

set shell := ["bash", "-euo", "pipefail", "-c"]

# format, lints and the tests of `domain`: before every commit, under a minute when warm
check: fmt lint
    cargo test --locked --quiet -p domain

# the tests of one crate
test crate:
    cargo test --locked -p {{crate}}

# the stories whose name contains NAME: `just story circuit`
story name:
    cargo test --locked -p stories --test stories -- {{name}}

# the browser stories whose name contains NAME: `just browse portal`; pictures are kept in target/console
browse name="":
    cargo test --locked -p stories --test browser -- {{name}}

# axe-core, the rules of accessibility that the browser stories check (needs node and npm)
axe:
    mkdir -p "${CARGO_TARGET_DIR:-target}/axe"
    cp tests/browser/package.json tests/browser/package-lock.json tests/browser/.npmrc "${CARGO_TARGET_DIR:-target}/axe"
    npm ci --prefix "${CARGO_TARGET_DIR:-target}/axe" --silent --ignore-scripts

# every test
test-all:
    cargo test --workspace

# sample events to a healthy, a flaky and a vanished receiver
demo:
    cargo local demo

# the documentation of the crates; a broken link is an error
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items

# the format of every file
fmt:
    cargo fmt --all --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check

# clippy, warnings denied
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# licences, sources and the arrows between crates (needs cargo-deny)
deny:
    cargo deny --locked check licenses bans sources

# dependencies that nothing uses (needs cargo-machete)
unused:
    cargo machete

# the API's answers against its OpenAPI document (needs schemathesis)
contract:
    cargo build --locked -p local
    python3 tests/contract/run.py --binary "${CARGO_TARGET_DIR:-target}/debug/posthorn"

# filters against mingo, MongoDB's query language in JavaScript (needs Node.js and npm)
filters:
    tests/mingo/run

# the console: types against the API's document, its rules and tests, and the vendored module made again (needs node
# and npm)
console:
    console/check --packs
    console/vendor/make --check

# the official TypeScript clients of the Model Context Protocol against the API (needs node and npm)
mcp:
    cargo build --locked -p local
    python3 tests/mcp/run.py --binary "${CARGO_TARGET_DIR:-target}/debug/posthorn"

# the adapters of incoming webhooks, filters and templates, SECONDS for each fuzz target from the kept corpus (needs
# cargo-fuzz)
fuzz seconds="20" *targets:
    fuzz/run {{seconds}} {{targets}}

# the template (needs cfn-lint and sam)
template:
    cfn-lint infra/template.yaml
    cd infra && AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 sam validate --lint

# the functions as they ship, and what measures them
release:
    cargo build --release --locked
    cargo build --release --locked -p verify-functions -p bench

# the functions' sizes and the cost of a delivery, held to their budgets (after `just release`)
budgets:
    target/release/bench sizes
    target/release/bench cost --budget

# every figure of docs/performance.md that this machine can measure (takes minutes; keep the machine quiet)
figures: release
    cargo build --profile local --locked -p bench -p local
    for figure in throughput latency memory crash outage concurrency drain many-endpoints deliveries; do target/local/bench "$figure"; done
    target/release/bench sender
    target/release/bench cost
    target/release/bench sizes

# the template with the functions' own binaries on an emulated AWS (after `just release`)
deploy-emulated:
    infra/verify/run
