# The pages for everybody: to sign in, and to be told that one has to.
class PagesController < ApplicationController
  skip_before_action :require_user

  def login; end

  def unauthorized
    response.headers["Cache-Control"] = "no-store"
    render status: :unauthorized
  end
end
