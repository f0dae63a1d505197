import jwt
from django.http import JsonResponse
from django.urls import path
from django.views.generic import TemplateView
from ginnel_auth import user_id


def me(request):
    try:
        cookie = request.COOKIES.get("psg_auth_token")
        return JsonResponse({"userID": user_id(request.headers.get("Authorization"), cookie)})
    except jwt.PyJWTError as error:
        return JsonResponse({"error": str(error)}, status=401)


# In settings.py, TEMPLATES has to name the folder: "DIRS": [BASE_DIR / "templates"]
urlpatterns += [
    path("login/", TemplateView.as_view(template_name="login.html")),
    path("api/me", me),
]
