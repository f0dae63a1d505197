# frozen_string_literal: true

module Ginnel
  VERSION = "0.1.0"
end
