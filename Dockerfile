# Two stages: build a wheel, then run it on a slim image as nobody in particular.
FROM python:3.12-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml setup.py README.md LICENSE ./
COPY hasip ./hasip
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim-bookworm
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels hasip && rm -rf /wheels \
    && useradd --system --home-dir /var/lib/hasip --create-home hasip \
    && mkdir -p /etc/hasip /run/hasip && chown hasip /run/hasip
USER hasip
ENV HASIP_STATE_DIR=/run/hasip
VOLUME ["/etc/hasip", "/run/hasip"]
EXPOSE 5060/udp 5060/tcp 5061/tcp 9464/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s CMD ["hasip", "status", "--json"]
ENTRYPOINT ["hasip"]
CMD ["run", "/etc/hasip/edge.toml", "--apply", "/etc/hasip/trunks.toml"]
