# A static binary and nothing else: docker run --rm -v "$PWD:/src" -w /src tokensweep scan .
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY . .
RUN cargo build --locked --profile dist

FROM scratch
COPY --from=build /build/target/dist/tokensweep /tokensweep
ENTRYPOINT ["/tokensweep"]
