# What is behind the guard, and where the guard sends everybody else.
class ExampleController < ApplicationController
  before_action :authorize!, only: :authenticated_route

  def authenticated_route
    render plain: @user_id
  end

  def unauthorized
    render plain: "Please sign in.", status: :unauthorized
  end
end
