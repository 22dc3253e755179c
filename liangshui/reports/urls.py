"""Pages of tables for superiors."""

urlpatterns: list[object] = []
