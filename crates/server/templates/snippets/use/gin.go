router.StaticFile("/login", "static/login.html")
router.GET("/api/me", func(c *gin.Context) {
	id, err := UserID(c.Request)
	if err != nil {
		c.JSON(http.StatusUnauthorized, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusOK, gin.H{"userID": id})
})
