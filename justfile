# The same gate as CI.
check:
    bash .ci/run

# Everything on this machine, with a simulated panel.
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# Licences, bans and sources of all dependencies.
deny:
    cargo deny --offline check licenses bans sources
    cargo deny --offline --manifest-path fuzz/Cargo.toml check --config deny.toml licenses bans sources

# Generates the OCPP message types anew from the official schemas (PyPI package ocpp).
ocpp-types:
    .venv/bin/python tools/ocpp-types/generate.py --out api-spec/src/ocpp

# Writes the OpenAPI document from the code.
openapi:
    UPDATE_OPENAPI=1 cargo test -p event-server --test openapi

# Writes the JSON Schemas of device and panel files from the code.
schemas:
    UPDATE_SCHEMAS=1 cargo test -p outlet-controller --lib schema

# The figures of docs/benchmarks.md.
bench:
    cargo build --release -p system-tests --bin denro-program
    cargo run --release -p system-tests --features bench --bin bench-start-latency
    cargo run --release -p system-tests --features bench --bin bench-start-latency -- --load 8000
    cargo run --release -p system-tests --features bench --bin bench-ingest -- 100 1000 5000
    cargo run --release -p system-tests --features bench --bin bench-ingest -- --offered 10000 1000
    cargo run --release -p system-tests --features bench --bin bench-ingest -- --history 500000 500
    cargo run --release -p system-tests --features bench --bin bench-ingest -- --history 5000000 500
    cargo run --release -p system-tests --features bench --bin bench-ingest -- --history 500000 5000
    npm ci --prefix tests/bench/peers
    cargo build --release --locked --manifest-path tests/bench/peers/codetics/Cargo.toml
    cargo run --release -p system-tests --features bench --bin bench-peers
    cargo run --release -p system-tests --features bench --bin bench-reads
    cargo run --release -p system-tests --features bench --bin bench-tokens
    cargo run --release -p system-tests --features bench --bin bench-reconnect
    cargo run --release -p system-tests --features bench --bin bench-webhooks
    bash .ci/with-postgres cargo run --release -p system-tests --features bench --bin bench-usage
    cargo run --release -p system-tests --features bench --bin bench-journal
    cargo run --release -p system-tests --features bench --bin bench-bus-cycle
    cargo build --release -p outlet-controller
    cargo run --release -p system-tests --features bench --bin bench-controller

# One simulated story, told whole: the controller in a house where everything goes wrong.
sim SEED *ARGS:
    cargo run --release -p simulation -- {{SEED}} {{ARGS}}

# Many simulated stories.
sims SEEDS="10000" FROM="1":
    cargo run --release -p simulation -- --seeds {{SEEDS}} --from {{FROM}}

# Breaks the product's rules one by one; the simulation must find every one out. About half an hour.
mutations *NAMES:
    python3 tests/simulation/mutate.py {{NAMES}}

# Fuzzing, so many seconds for each target or for those named.
fuzz SECONDS="300" *TARGETS:
    fuzz/run {{SECONDS}} {{TARGETS}}

# Panels of another maker's Modbus on all transports, with every fault of wires, meters and breakers.
black-box:
    cargo test -p system-tests --test black_box

# The long campaigns; their last result stands in docs/reliability.md. Each day tells other stories.
campaign FROM=`date +%s`:
    PROPTEST_CASES=200000 cargo test --release -p domain
    cargo test --release -p system-tests
    CUTS=1000 cargo test --release -p system-tests --test system -- power_cuts --nocapture
    SCHEMATHESIS_EXAMPLES=200 cargo test --release -p system-tests --test system -- conformance --nocapture
    KILLS=200 cargo test --release -p system-tests --test system -- kills --nocapture
    cargo run --release -p simulation -- --seeds 100000 --from {{FROM}}
    fuzz/run 300
    fuzz/run 300 oauth proofs certificates webhooks
