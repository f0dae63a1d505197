# The page behind the guard.
class DashboardController < ApplicationController
  def show
    response.headers["Cache-Control"] = "no-store"
  end
end
