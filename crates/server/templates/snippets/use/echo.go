e.File("/login", "static/login.html")
e.GET("/api/me", func(c echo.Context) error {
	id, err := UserID(c.Request())
	if err != nil {
		return echo.NewHTTPError(http.StatusUnauthorized, err.Error())
	}
	return c.JSON(http.StatusOK, map[string]string{"userID": id})
})
