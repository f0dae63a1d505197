# In app/controllers/application_controller.rb
def current_user_id
  Ginnel.user_id(request.headers["Authorization"], cookies[:psg_auth_token])
rescue JWT::DecodeError
  nil
end

# In a controller of signed-in users
before_action { head :unauthorized unless current_user_id }
