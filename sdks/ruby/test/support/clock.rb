# frozen_string_literal: true

# Lets a test say what time it is.
module Clock
  class << self
    attr_reader :seconds

    def set(seconds)
      @seconds = seconds
    end

    def pass(seconds)
      @seconds += seconds
    end

    def reset
      @seconds = nil
    end
  end

  # In front of Time.now.
  module Now
    def now(...)
      Clock.seconds ? at(Clock.seconds) : super
    end
  end
  Time.singleton_class.prepend(Now)
end
