"""Pages of hand readings."""

urlpatterns: list[object] = []
