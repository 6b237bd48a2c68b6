//! Tells the linker that Node.js brings the N-API symbols.
fn main() {
    napi_build::setup();
}
