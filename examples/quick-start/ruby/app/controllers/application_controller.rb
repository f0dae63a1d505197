# The quick start's guard for Rails.
# [quickstart]
require "ginnel"

class ApplicationController < ActionController::Base
  protect_from_forgery with: :exception

  GINNEL = Ginnel::Client.new(
    app_id: Rails.application.config.ginnel_app_id
  )

  private

  def authorize!
    @user_id = GINNEL.auth.authenticate_request(request)
    # Only for what is shown: a session outlives the sign-in, so it proves nothing.
    session[:ginnel_user_id] = @user_id
  rescue Ginnel::Error
    # Nobody is signed in.
    redirect_to "/unauthorized"
  end
end
# [/quickstart]
