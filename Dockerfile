# The console, the program, and an image with nothing else in it but what backup and restore need.
FROM node:22-bookworm-slim AS console
WORKDIR /src/web/console
COPY web/console/package.json web/console/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/console ./
RUN npm run build

FROM golang:1.26-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=console /src/web/console/dist web/console/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /liandong ./cmd/liandong

FROM debian:bookworm-slim
# pg_dump and pg_restore of the version that the database image has.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates postgresql-client-15 tzdata \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 10001 --home-dir /var/lib/liandong --create-home liandong
COPY --from=program /liandong /usr/local/bin/liandong
USER liandong
WORKDIR /var/lib/liandong
ENV LIANDONG_DIR=/var/lib/liandong LIANDONG_ADDR=0.0.0.0:8443
VOLUME /var/lib/liandong
EXPOSE 8443
# SIGINT and SIGTERM both end it in good order.
ENTRYPOINT ["liandong"]
CMD ["serve"]
