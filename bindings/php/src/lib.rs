//! The PHP extension zhifuyun: the bridge, in PHP's words.
//!
//! Nothing is started when the module is loaded: FPM's master forks afterwards. Calls run on the thread of their
//! caller; there is no other. Clients live in a registry of the process ([`registry`]).
#![allow(missing_docs, reason = "the macros of ext-php-rs make public items without any")]

mod classes;
mod client;
mod convert;
mod encode;
mod enums;
mod error;
mod iterate;
mod memory;
mod names;
mod present;
mod registry;
mod resources;
mod shared;
mod shim;
mod signatures;
mod webhook;

use ext_php_rs::prelude::*;
use ext_php_rs::zend::ModuleEntry;
use ext_php_rs::{info_table_end, info_table_row, info_table_start};
use std::ffi::CStr;

#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

/// The version of the SDK.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `fromEnv` reads.
const VARIABLES: [&CStr; 5] = [
    c"ZHIFUYUN_CLIENT_ID",
    c"ZHIFUYUN_CLIENT_SECRET",
    c"ZHIFUYUN_BASE_URL",
    c"ZHIFUYUN_PLAN",
    c"ZHIFUYUN_WEBHOOK_SECRET",
];

extern "C" fn startup(_kind: i32, _module: i32) -> i32 {
    zhifuyun_bridge::guard::silence();
    // USE_ZEND_ALLOC=0 lets a tool such as valgrind see each piece of memory, ours too.
    if shim::has_own_memory() {
        memory::keep();
    }
    // Zero is the engine's success.
    i32::from(classes::register().is_err())
}

extern "C" fn request(_kind: i32, _module: i32) -> i32 {
    signatures::declare();
    0
}

extern "C" fn info(_module: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("Zhifuyun SDK", "enabled");
    info_table_row!("Version", VERSION);
    info_table_row!("Built for PHP", shim::build());
    info_table_row!("TLS", "rustls");
    info_table_row!("Clients", format!("kept for the life of the process, {} at most", registry::KEPT));
    for name in VARIABLES {
        let set = shim::environment(name).is_some();
        info_table_row!(name.to_owned(), if set { "set" } else { "not set" });
    }
    info_table_end!();
}

/// What the engine loads.
#[php_module]
#[php(startup = startup)]
pub fn module(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module
        .name("zhifuyun")
        .version(VERSION)
        .info_function(info)
        .request_startup_function(request)
        .enumeration::<enums::ConversationStatus>()
        .enumeration::<enums::Channel>()
        .enumeration::<enums::TicketStatus>()
        .enumeration::<enums::Priority>()
        .enumeration::<enums::StatisticsType>()
        .enumeration::<enums::GroupBy>()
        .class::<client::Client>()
        .class::<resources::Conversations>()
        .class::<resources::Tickets>()
        .class::<resources::StatisticsResource>()
        .class::<iterate::Iteration>()
        .class::<iterate::Pages>()
        .class::<webhook::Webhook>()
        .class::<webhook::MemoryReplayGuard>()
        .class::<webhook::MemoryReservation>()
}
