//! One test for each fact on each server; at the end the table of what held where.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::fact::{Area, Fact};
use crate::facts::AREAS;
use crate::place::Place;
use crate::servers::{self, Server};
use crate::table::{Outcomes, Table};

thread_local! {
    /// What a check that failed has said, and where.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

pub(crate) fn run() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Checks wait for servers and processes, not for the processor.
    arguments.test_threads.get_or_insert(6);
    drop(rustls::crypto::ring::default_provider().install_default());
    std::panic::set_hook(Box::new(|info| SAID.set(info.to_string())));
    let servers: Vec<Arc<Server>> = servers::all().into_iter().map(Arc::new).collect();
    let outcomes: Arc<Mutex<Outcomes>> = Arc::default();
    let mut trials = Vec::new();
    for area in AREAS {
        for server in &servers {
            for fact in area.facts.iter().filter(|fact| server.is_asked(fact.holds)) {
                trials.push(trial(area, fact, server, &outcomes));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list || conclusion.has_failed() {
        return conclusion.exit_code();
    }
    let whole = conclusion.num_filtered_out == 0 && servers.iter().any(|server| server.is_real());
    let table = Table { areas: AREAS.iter().collect(), servers: &servers, outcomes: &outcomes.lock().unwrap() };
    table.publish(whole)
}

fn trial(area: &Area, fact: &'static Fact, server: &Arc<Server>, outcomes: &Arc<Mutex<Outcomes>>) -> Trial {
    let name = format!("{}::{}::{}", server.name.replace(' ', "-"), area.name, fact.id);
    let key = (area.name, fact.id, server.name);
    let (server, outcomes) = (Arc::clone(server), Arc::clone(outcomes));
    Trial::test(name, move || {
        let held = catch_unwind(AssertUnwindSafe(|| (fact.check)(&Place::new(&server)))).is_ok();
        outcomes.lock().unwrap().insert(key, held);
        if held { Ok(()) } else { Err(Failed::from(SAID.take())) }
    })
}
