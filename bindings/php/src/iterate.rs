//! Iteration: one walk, seen item by item or page by page.

use crate::encode;
use crate::error::OrThrow as _;
use crate::shared::Shared;
use crate::shim::{self, Steps};
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendClassObject, ZendObject, Zval};
use ext_php_rs::zend::{ce, run_handler};
use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use zhifuyun_bridge::walk::Walk;

/// What it takes to begin, and how far it has come.
struct Course {
    client: Rc<Shared>,
    name: &'static str,
    args: String,
    walk: String,
    options: Option<String>,
    under_way: RefCell<Arc<Walk>>,
    cursor: RefCell<Cursor>,
    /// A page is on its way. Signal handlers and callbacks run meanwhile, and may come by here.
    waiting: Cell<bool>,
}

/// Where a walk stands, for those who look at its items and for those who look at its pages. A page is fetched only
/// when somebody asks for it.
#[derive(Default)]
struct Cursor {
    page: Option<Page>,
    /// Of the item, in its page.
    index: i64,
    /// Items and pages that came before.
    items: i64,
    pages: i64,
    ended: bool,
}

struct Page {
    object: Zval,
    /// The object's own array, at hand.
    items: Zval,
}

impl Page {
    fn of(object: Zval) -> Self {
        let items = object.object().and_then(|page| shim::read(page, "items")).map(Zval::shallow_clone);
        Self { object, items: items.unwrap_or_default() }
    }

    fn item(&self, index: i64) -> Option<&Zval> {
        self.items.array()?.get_index(index)
    }
}

impl Cursor {
    fn item(&self) -> Option<&Zval> {
        self.page.as_ref()?.item(self.index)
    }

    /// Past the item, if there is one.
    fn pass(&mut self) -> bool {
        let there = self.item().is_some();
        self.index += i64::from(there);
        self.items += i64::from(there);
        there
    }

    /// Past the page, if there is one.
    fn leave(&mut self) {
        if let Some(page) = self.page.take() {
            let count = page.items.array().map_or(0, |items| i64::try_from(items.len()).unwrap_or(i64::MAX));
            self.items += (count - self.index).max(0);
            self.pages += 1;
            self.index = 0;
        }
    }
}

impl Course {
    /// Puts the next page, or the end, under the cursor: even if a callback throws, no page is lost.
    fn fetch(&self) -> PhpResult<()> {
        if self.waiting.replace(true) {
            let message = "the iteration is already waiting for a page";
            return Err(PhpException::new(message.to_owned(), 0, ce::error()));
        }
        let walk = Arc::clone(&self.under_way.borrow());
        let result = walk.next_page(&mut shim::interrupted);
        drop(walk);
        self.waiting.set(false);
        self.client.settle(self.name, result, |page| {
            let page = page.or_throw()?.map(|page| Page::of(encode::output(page)));
            let mut cursor = self.cursor.borrow_mut();
            cursor.leave();
            cursor.ended = page.is_none();
            cursor.page = page;
            Ok(())
        })
    }

    /// Whether there is an item under the cursor, after fetching what it takes.
    fn at_item(&self) -> PhpResult<bool> {
        loop {
            let cursor = self.cursor.borrow();
            if cursor.item().is_some() {
                return Ok(true);
            }
            if cursor.ended {
                return Ok(false);
            }
            drop(cursor);
            self.fetch()?;
        }
    }

    /// Goes on to the next item, past the one under the cursor.
    fn next(&self) -> PhpResult<()> {
        if !self.cursor.borrow_mut().pass() && self.at_item()? {
            self.cursor.borrow_mut().pass();
        }
        Ok(())
    }

    /// Whether there is a page under the cursor, after fetching it.
    fn at_page(&self) -> PhpResult<bool> {
        let cursor = self.cursor.borrow();
        if cursor.page.is_none() && !cursor.ended {
            drop(cursor);
            self.fetch()?;
        }
        Ok(self.cursor.borrow().page.is_some())
    }

    /// Begins anew, unless nothing was passed yet.
    fn rewind(&self) -> PhpResult<()> {
        let cursor = self.cursor.borrow();
        let passed = cursor.items > 0 || cursor.pages > 0 || cursor.ended;
        drop(cursor);
        if passed {
            let walk = self.client.walk(self.name, &self.args, &self.walk, self.options.as_deref())?;
            *self.under_way.borrow_mut() = walk;
            self.cursor.take();
        }
        Ok(())
    }

    fn report(&self) -> Zval {
        let keys = [
            "requests",
            "pages",
            "items",
            "duplicates",
            "first_total",
            "last_total",
            "total_changed",
            "passes",
            "complete",
            "stopped_by",
        ];
        encode::from_json("Report", &self.under_way.borrow().report_json(), &keys.map(|key| (key, false)))
    }
}

/// All items of a list, fetched page by page. `foreach` it; a second `foreach` begins anew.
#[php_class]
#[php(name = "Zhifuyun\\Iteration", flags = ClassFlags::Final)]
#[php(implements(ce = ce::iterator, stub = "\\Iterator"))]
pub struct Iteration(Rc<Course>);

impl Iteration {
    pub(crate) fn new(
        client: Rc<Shared>,
        name: &'static str,
        args: String,
        walk: String,
        options: Option<String>,
    ) -> PhpResult<Self> {
        let under_way = RefCell::new(client.walk(name, &args, &walk, options.as_deref())?);
        let (cursor, waiting) = Default::default();
        Ok(Self(Rc::new(Course { client, name, args, walk, options, under_way, cursor, waiting })))
    }
}

#[php_impl]
impl Iteration {
    /// The item under the cursor, or null after the last.
    pub fn current(&self) -> PhpResult<Option<Zval>> {
        self.0.at_item()?;
        Ok(self.0.cursor.borrow().item().map(Zval::shallow_clone))
    }

    /// How many items came before.
    pub fn key(&self) -> i64 {
        self.0.cursor.borrow().items
    }

    /// Goes on.
    pub fn next(&self) -> PhpResult<()> {
        self.0.next()
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&self) -> PhpResult<()> {
        self.0.rewind()
    }

    /// Whether there is an item. May fetch a page.
    pub fn valid(&self) -> PhpResult<bool> {
        self.0.at_item()
    }

    /// The same walk, page by page. Items that were already delivered are left out of the pages.
    pub fn pages(&self) -> Pages {
        Pages(Rc::clone(&self.0))
    }

    /// What was seen up to the last page.
    pub fn report(&self) -> Zval {
        self.0.report()
    }
}

/// The steps of `foreach`: those of the methods, which it need not call. Most find their item and are done.
pub(crate) static STEPS: Steps = Steps { valid, current, key, next, rewind };

fn course(iteration: &ZendObject) -> Option<&Course> {
    ZendClassObject::<Iteration>::from_zend_obj(iteration)?.obj.as_ref().map(|iteration| &*iteration.0)
}

/// What fails is thrown, and a panic stays inside.
fn guarded(work: impl FnOnce() -> PhpResult<()>) {
    run_handler(AssertUnwindSafe(|| {
        if let Err(e) = work() {
            e.throw();
        }
    }));
}

extern "C" fn valid(iteration: &ZendObject) -> bool {
    let Some(course) = course(iteration) else { return false };
    let is_there = || course.cursor.try_borrow().is_ok_and(|cursor| cursor.item().is_some());
    if !is_there() {
        guarded(|| course.at_item().map(drop));
    }
    is_there()
}

extern "C" fn current(iteration: &ZendObject) -> *const Zval {
    let cursor = course(iteration).and_then(|course| course.cursor.try_borrow().ok());
    // The page holds it until the next step.
    cursor.as_ref().and_then(|cursor| cursor.item()).map_or(std::ptr::null(), std::ptr::from_ref)
}

extern "C" fn key(iteration: &ZendObject) -> i64 {
    course(iteration).and_then(|course| course.cursor.try_borrow().ok()).map_or(0, |cursor| cursor.items)
}

extern "C" fn next(iteration: &ZendObject) {
    let Some(course) = course(iteration) else { return };
    let passed = course.cursor.try_borrow_mut().is_ok_and(|mut cursor| cursor.pass());
    if !passed {
        guarded(|| course.next());
    }
}

extern "C" fn rewind(iteration: &ZendObject) {
    guarded(|| course(iteration).map_or(Ok(()), Course::rewind));
}

/// A list, page by page.
#[php_class]
#[php(name = "Zhifuyun\\Pages", flags = ClassFlags::Final)]
#[php(implements(ce = ce::iterator, stub = "\\Iterator"))]
pub struct Pages(Rc<Course>);

#[php_impl]
impl Pages {
    /// The page under the cursor, or null after the last.
    pub fn current(&self) -> PhpResult<Option<Zval>> {
        self.0.at_page()?;
        Ok(self.0.cursor.borrow().page.as_ref().map(|page| page.object.shallow_clone()))
    }

    /// How many pages came before.
    pub fn key(&self) -> i64 {
        self.0.cursor.borrow().pages
    }

    /// Goes on.
    pub fn next(&self) -> PhpResult<()> {
        if self.0.at_page()? {
            self.0.cursor.borrow_mut().leave();
        }
        Ok(())
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&self) -> PhpResult<()> {
        self.0.rewind()
    }

    /// Whether there is a page. May fetch it.
    pub fn valid(&self) -> PhpResult<bool> {
        self.0.at_page()
    }

    /// What was seen up to the last page.
    pub fn report(&self) -> Zval {
        self.0.report()
    }
}
