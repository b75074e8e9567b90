# Samtal for production: one image, and the command says which process it is (see docker-compose.yml).

FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv --without-pip /opt/python
COPY requirements.txt /tmp/requirements.txt
# Every package is pinned by hash and comes as a wheel: no compiler, and nothing that nobody chose.
RUN pip --python /opt/python/bin/python install --require-hashes --no-deps --only-binary :all: \
    --requirement /tmp/requirements.txt
WORKDIR /srv/samtal
COPY . .
# Production settings decide the file names, and they demand values; these live in this one command.
RUN SAMTAL_ENV=production SECRET_KEY=for-this-command-only ALLOWED_HOSTS=build \
    DATABASE_URL=postgres://build REDIS_URL=redis://build \
    SAMTAL_TOKEN_KEYS="$(/opt/python/bin/python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    /opt/python/bin/python manage.py collectstatic --no-input \
    && /opt/python/bin/python -m compileall -q /opt/python/lib /srv/samtal

FROM python:3.12-slim-bookworm
ENV PATH=/opt/python/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings SAMTAL_ENV=production
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin samtal \
    && install --directory --owner samtal --group samtal /srv/samtal/media
COPY --from=build /opt/python /opt/python
# Root owns the program: the process that runs it cannot change it.
COPY --from=build /srv/samtal /srv/samtal
WORKDIR /srv/samtal
USER 10001
EXPOSE 8000
# Graceful shutdown is short: live streams would hold it for ever.
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", \
     "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "2", "--forwarded-allow-ips", "*"]
