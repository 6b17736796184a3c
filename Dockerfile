# Three stages: the page, the Python environment, and the small image that runs both.
#   docker build -t junheng .
#   docker run -p 127.0.0.1:8000:8000 -v junheng:/var/lib/junheng junheng          serves API and page
#   docker run ... junheng work                                                    adds a worker (PostgreSQL)

FROM node:22-bookworm-slim AS page
WORKDIR /src/app/web
COPY app/web/package.json app/web/package-lock.json app/web/.npmrc ./
RUN npm ci
COPY app/web/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1
WORKDIR /src
COPY .ci/ .ci/
COPY pyproject.toml requirements.lock ./
RUN .ci/install-runtime.sh packages /opt/junheng
COPY data/ data/
COPY geo/ geo/
COPY solver/ solver/
COPY app/ app/
COPY --from=page /src/app/web/dist/ app/web/dist/
RUN .ci/install-runtime.sh project /opt/junheng

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/junheng --create-home junheng \
    && mkdir -p /var/cache/junheng \
    && chown junheng:junheng /var/cache/junheng
COPY --from=build /opt/junheng /opt/junheng
ENV PATH=/opt/junheng/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/cache/junheng \
    JUNHENG_HOST=0.0.0.0 \
    JUNHENG_PORT=8000 \
    JUNHENG_DATA_DIR=/var/lib/junheng
USER 10001
WORKDIR /var/lib/junheng
RUN python -m solver.warm && python -m geo.roads.warm
VOLUME ["/var/lib/junheng"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"JUNHENG_PORT\"]}/api/health', timeout=4)"]
ENTRYPOINT ["junheng"]
CMD ["serve"]
