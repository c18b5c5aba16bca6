# Two images out of one file: `rasa` (Python 3.10, reads and answers) and `app` (Python 3.12, everything else).
#   docker build --target app  -t warmline .
#   docker build --target rasa -t warmline-rasa .
# The model is trained while the `rasa` image is built.

FROM python:3.12-slim-bookworm AS app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app HOST=0.0.0.0 WARMLINE_HOME=/data
WORKDIR /app
RUN useradd --system --uid 10001 --create-home warmline && mkdir /data && chown warmline /data
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY responses responses
COPY actions actions
COPY bot bot
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(os.environ.get('HEALTH_URL', 'http://127.0.0.1:8080/healthz'), timeout=4)"]
CMD ["python", "-m", "bot", "serve", "--no-worker"]

FROM python:3.10-slim-bookworm AS rasa
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app RASA_TELEMETRY_ENABLED=false SENTRY_DSN="" \
    WARMLINE_HOME=/data
WORKDIR /app
RUN useradd --system --uid 10001 --create-home warmline && mkdir /data && chown warmline /app /data
COPY nlu/requirements.lock nlu/
RUN pip install --no-cache-dir --require-hashes -r nlu/requirements.lock
COPY --chown=warmline nlu nlu
COPY --chown=warmline nlu_data nlu_data
COPY --chown=warmline stories stories
COPY --chown=warmline responses responses
COPY --chown=warmline config.yml domain.yml endpoints.yml credentials.yml ./
USER 10001
RUN python -m nlu train --config config.yml --domain domain.yml --data nlu_data stories --out models --fixed-model-name warmline
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:5005/', timeout=4)"]
# The token comes from RASA_TOKEN.
CMD ["python", "-m", "nlu", "run", "--enable-api", "--interface", "0.0.0.0", "--port", "5005", "--model", "models/warmline.tar.gz", "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
