# syntax=docker/dockerfile:1
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p denro

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates fonts-ipaexfont-gothic \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /var/lib/denro denro \
    && install -d -o denro /var/lib/denro/panel
COPY --from=build /src/target/release/denro /usr/local/bin/denro
USER 10001
WORKDIR /var/lib/denro
ENTRYPOINT ["denro"]
CMD ["serve", "--config", "/etc/denro/denro.toml"]
