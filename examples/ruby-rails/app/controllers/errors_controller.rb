# What Rails shows for an error. It has logged it already, and asks for the path /404, /500 or another status.
class ErrorsController < ActionController::Base
  SENTENCES = {
    404 => "There is no such page.",
    503 => "Sign-ins cannot be checked at the moment. Please try again in a minute."
  }.freeze

  layout "application"

  def show
    status = request.path_info.delete_prefix("/").to_i
    @sentence = SENTENCES.fetch(status, "Something went wrong on this server.")
    response.headers["Cache-Control"] = "no-store"
    if request.get_header("action_dispatch.original_path").to_s.start_with?("/api/")
      render json: { error: @sentence }, status: status
    else
      render status: status, formats: [:html]
    end
  end
end
