"""Pages of pull."""

urlpatterns: list[object] = []
