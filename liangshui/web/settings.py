"""Django's settings of one installation. Everything that may differ comes through `environment`."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from liangshui.web import environment

CHECKOUT = Path(__file__).resolve().parents[2]
HOME = environment.home(CHECKOUT)
HOME.mkdir(parents=True, exist_ok=True)

SECRET_KEY = environment.secret_key(HOME)
DEBUG = environment.flag("LIANGSHUI_DEBUG", False)
ALLOWED_HOSTS = environment.items("LIANGSHUI_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = environment.items("LIANGSHUI_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "auditlog",
    "axes",
    "ninja",
    "liangshui.records",
    "liangshui.registry",
    "liangshui.parameters",
    "liangshui.telemetry",
    "liangshui.readings",
    "liangshui.gateway",
    "liangshui.accounting",
    "liangshui.quota",
    "liangshui.metering",
    "liangshui.permits",
    "liangshui.conformity",
    "liangshui.pull",
    "liangshui.reports",
    "liangshui.portal",
    "liangshui.accounts",
    "liangshui.demo",
    "liangshui.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "liangshui.web.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "liangshui.web.urls"
WSGI_APPLICATION = "liangshui.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "liangshui.web.frame.frame",
            ],
            "builtins": ["liangshui.web.templatetags.figures", "liangshui.web.templatetags.icons"],
        },
    }
]

DATABASES = {"default": environment.database(HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "liangshui.accounts.passwords.MinimumLength",
        "OPTIONS": {"min_length": environment.integer("LIANGSHUI_PASSWORD_LENGTH", 10, least=8, most=64)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
]
AXES_FAILURE_LIMIT = environment.integer("LIANGSHUI_SIGN_IN_ATTEMPTS", 5, least=1, most=100)
AXES_COOLOFF_TIME = environment.integer("LIANGSHUI_LOCK_HOURS", 1, least=1, most=720)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_VERBOSE = False

SESSION_COOKIE_AGE = environment.integer("LIANGSHUI_SESSION_MINUTES", 120, least=5, most=10_080) * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "liangshui.web.middleware.out_of_date"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PROXIES = environment.items("LIANGSHUI_PROXIES", ["127.0.0.1", "::1"])
"""Whose word is taken for where a call comes from (X-Forwarded-For): those that stand in front of the web process."""

if environment.flag("LIANGSHUI_HTTPS", False):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "liangshui_language"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [
    ("tabler", CHECKOUT / "node_modules/@tabler/core/dist"),
    ("leaflet", CHECKOUT / "node_modules/leaflet/dist"),
    ("markercluster", CHECKOUT / "node_modules/leaflet.markercluster/dist"),
    ("echarts", CHECKOUT / "node_modules/echarts/dist"),
    ("noto-sans-mongolian", CHECKOUT / "node_modules/@fontsource/noto-sans-mongolian"),
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
FONT = CHECKOUT / "node_modules/@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf"
FONT_BOLD = CHECKOUT / "node_modules/@embedpdf/fonts-sc/fonts/NotoSansHans-Bold.otf"
"""Chinese fonts that papers carry in them."""
ICONS = CHECKOUT / "node_modules/@tabler/icons/icons"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}},
    "shared": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": HOME / "cache"},
}
"""`shared`: what takes long to make is made once for all web processes of this machine."""
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**20

WEB_ADDRESS = environment.text("LIANGSHUI_WEB", "127.0.0.1:8000")
PUBLIC_ADDRESS = environment.text("LIANGSHUI_PUBLIC_ADDRESS").rstrip("/")
"""The address by which people outside reach this installation, such as https://water.example.cn: codes on labels hold it."""
GATEWAY_ADDRESS = environment.text("LIANGSHUI_GATEWAY", "127.0.0.1:9650")
GATEWAY_NAME = environment.text("LIANGSHUI_GATEWAY_NAME", "main")
GATEWAY_LIMITS = {
    name: environment.integer(f"LIANGSHUI_GATEWAY_{name.upper()}", 0, least=0, most=10_000_000) or None
    for name in ("connections", "connections_per_address", "underway", "idle_s", "stranger_s", "backlog")
}
"""Bounds of what stations may cost (gateway/server.py); None keeps the default there."""
BASE_MAP_URL = environment.text("LIANGSHUI_BASE_MAP_URL")
PULL_NETWORKS = environment.networks("LIANGSHUI_PULL_NETWORKS")
"""Networks of one's own (10.0.0.0/8 …) in which sources may lie; public addresses are always allowed."""
PULL_FOLDERS = [Path(text) for text in environment.items("LIANGSHUI_PULL_FOLDERS", [str(HOME / "inbox")])]
"""Folders of this machine below which files may be picked up; a path that is not absolute lies below the first."""
ACCESS_LOG_DAYS = environment.integer("LIANGSHUI_ACCESS_LOG_DAYS", 200, least=183, most=3650)
KEEP_MONTHS = environment.integer("LIANGSHUI_KEEP_MONTHS", 0, least=1, most=1200)
CLOCK_TOLERANCE_MIN = environment.integer("LIANGSHUI_CLOCK_TOLERANCE_MIN", 10, least=1, most=1440)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": environment.text("LIANGSHUI_LOG", "WARNING").upper()},
}

PRODUCT_NAME = _("Liangshui")
