# The image of Driftwatch: docs/deploying.md. For CUDA other values of RUNTIME and ONNXRUNTIME, as that page says.
ARG NODE=node:20.20.2-bookworm-slim
ARG RUNTIME=${NODE}

FROM ${NODE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && chmod +x dist/cli/main.js

FROM ${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script runs (.npmrc): the native libraries of onnxruntime-node and sharp lie in their npm packages. Those of onnxruntime-node
# are for six platforms, 290 MB; one is kept.
RUN npm ci --omit=dev \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +
# The provider for CUDA comes from NuGet; an image with CUDA has no Node.
ARG ONNXRUNTIME=cpu
RUN mkdir bin \
  && if [ "$ONNXRUNTIME" != cpu ]; then \
    node node_modules/onnxruntime-node/script/install.js "--onnxruntime-node-install=$ONNXRUNTIME" && cp /usr/local/bin/node bin/; \
  fi

FROM ${RUNTIME}
# Driftwatch ends itself by SIGKILL where a model hangs in its driver, which the kernel does not deliver to process 1 of a container.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*
COPY --from=dependencies /app /app
COPY --from=build /src/dist /app/dist
COPY --from=build /src/models /app/models
COPY examples /app/examples
COPY LICENSE /app/LICENSE
# What Driftwatch writes stays below the working folder, but for temporary files in /tmp.
RUN ln -s ../dist/cli/main.js /app/bin/driftwatch \
  && install -d -o 10001 -g 10001 /var/lib/driftwatch
ENV PATH=/app/bin:$PATH
WORKDIR /var/lib/driftwatch
VOLUME /var/lib/driftwatch
USER 10001:10001
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "driftwatch"]
CMD ["run", "/etc/driftwatch/driftwatch.yaml"]
