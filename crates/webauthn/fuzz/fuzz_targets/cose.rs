#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ginnel_webauthn::fuzzing::cose(data));
