# syntax=docker/dockerfile:1
FROM rust:1.95-bookworm AS build
WORKDIR /src
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked -p event-server --features postgres

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-ipaexfont-gothic libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /var/lib/denro denro
COPY --from=build /src/target/release/event-server /usr/local/bin/event-server
USER 10001
WORKDIR /var/lib/denro
EXPOSE 8080
ENTRYPOINT ["event-server"]
CMD ["--config", "/etc/denro/event-server.toml"]
