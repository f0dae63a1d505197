# The guard: every page is for signed-in users, unless its controller says otherwise.
class ApplicationController < ActionController::Base
  include Ginnel::Rails
  before_action :require_user

  private

  # Who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
  def user_refused(error)
    response.headers["Cache-Control"] = "no-store"
    redirect_to unauthorized_path(return: request.fullpath, reason: error.code)
  end
end
