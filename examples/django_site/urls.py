"""Where the pages are."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import path
from shop import views

urlpatterns = [
    path("", views.orders, name="orders"),
    path("<int:pk>/", views.order, name="order"),
    path("login/", auth.LoginView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
