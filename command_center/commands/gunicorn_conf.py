from gevent import monkey; monkey.patch_all()  # fmt: skip  # psycopg picks its wait at import

"""How gunicorn runs the web processes: gevent workers, never preloaded.

Desks come over WebSocket alone, so no desk needs to find the same worker again.
"""

from kernel.settings import load

_settings = load()

bind = f"{_settings.host}:{_settings.http_port}"
worker_class = "gevent"
workers = _settings.web_workers
worker_connections = 20_000
preload_app = False
# Open desks reconnect by themselves: they are not waited for.
graceful_timeout = 3
timeout = 60
# Addresses may carry a case number; what happened is in the structured log.
accesslog = None
errorlog = "-"
loglevel = "warning"
# Instances would share one socket in the home folder.
control_socket_disable = True
