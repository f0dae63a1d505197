# A call by a script: 401 says it all.
class ApiController < ActionController::API
  include Ginnel::Rails
  before_action :require_user

  def me
    response.headers["Cache-Control"] = "no-store"
    render json: { userID: current_user_id }
  end
end
