# syntax=docker/dockerfile:1

# Node 24 comes with the image; the tree runs from TypeScript as it stands, with the pages and two bundles built ahead.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# With the image's own node, not through npm: the build remembers which Node made it, and a start under another builds again.
RUN node lib/bin/build.ts
# The Node that npm brings for machines with an older one is not needed here, nor is what builds and tests need. An image holds no key.
RUN npm prune --omit=dev --no-audit --no-fund \
 && rm -rf .weir node_modules/node-linux-* node_modules/node-bin-* node_modules/.bin/node node_modules/.cache .next/cache \
 && find app lib quality -name '*.test.ts' -delete

FROM node:24-bookworm-slim
# What the images of Debian bring as root is enough; certificates are for sources and destinations with TLS.
# Debian keeps no older versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=node --group=node --mode=0700 /data
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    WEIR_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app ./
# Nothing below /app is written when it runs.
# By number, so that orchestrators can tell that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/weir/v1/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node"]
# Everything in one container. `lib/bin/weir.mjs serve`, `worker` and `migrate` are its parts, for containers of their own.
CMD ["lib/bin/start.mjs"]
