"""Pages of people at the edge."""

urlpatterns: list[object] = []
