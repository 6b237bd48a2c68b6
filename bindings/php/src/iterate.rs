//! Iteration: one walk, seen item by item or page by page.

use crate::encode::{self, Objects};
use crate::error::OrThrow as _;
use crate::shared::Shared;
use crate::shim;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ce;
use std::cell::{Cell, RefCell};
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
    /// A page is on its way. Signal handlers and callbacks run meanwhile, and may come by here.
    waiting: Cell<bool>,
}

impl Course {
    /// Puts the next page, or the end, into `cursor`: even if a callback throws, no page is lost.
    fn next(&self, cursor: &RefCell<Cursor>) -> PhpResult<()> {
        if self.waiting.replace(true) {
            let message = "the iteration is already waiting for a page";
            return Err(PhpException::new(message.to_owned(), 0, ce::error()));
        }
        let walk = Arc::clone(&self.under_way.borrow());
        let result = walk.next_page(&mut shim::interrupted);
        self.waiting.set(false);
        self.client.settle(self.name, result, |page| {
            let page = page.or_throw()?.map(|page| page.visit(Objects));
            let mut cursor = cursor.borrow_mut();
            cursor.ended = page.is_none();
            (cursor.page, cursor.index) = (page, 0);
            Ok(())
        })
    }

    /// Begins anew, unless nothing was passed yet.
    fn rewind(&self, cursor: &RefCell<Cursor>) -> PhpResult<()> {
        let passed = cursor.borrow().key > 0 || cursor.borrow().ended;
        if passed {
            let walk = self.client.walk(self.name, &self.args, &self.walk, self.options.as_deref())?;
            *self.under_way.borrow_mut() = walk;
            cursor.take();
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

/// Where a cursor stands. A page is fetched only when somebody asks for it.
#[derive(Default)]
struct Cursor {
    page: Option<Zval>,
    index: u64,
    key: i64,
    ended: bool,
}

/// All items of a list, fetched page by page. `foreach` it; a second `foreach` begins anew.
#[php_class]
#[php(name = "Zhifuyun\\Iteration", flags = ClassFlags::Final)]
#[php(implements(ce = ce::iterator, stub = "\\Iterator"))]
pub struct Iteration {
    course: Rc<Course>,
    cursor: RefCell<Cursor>,
}

impl Iteration {
    pub(crate) fn new(
        client: Rc<Shared>,
        name: &'static str,
        args: String,
        walk: String,
        options: Option<String>,
    ) -> PhpResult<Self> {
        let under_way = RefCell::new(client.walk(name, &args, &walk, options.as_deref())?);
        let course = Rc::new(Course { client, name, args, walk, options, under_way, waiting: false.into() });
        Ok(Self { course, cursor: RefCell::default() })
    }

    fn item(&self) -> Option<Zval> {
        let cursor = self.cursor.borrow();
        let items = shim::read(cursor.page.as_ref()?.object()?, "items")?.array()?;
        items.get_index(i64::try_from(cursor.index).ok()?).map(Zval::shallow_clone)
    }

    fn load(&self) -> PhpResult<Option<Zval>> {
        loop {
            if let Some(item) = self.item() {
                return Ok(Some(item));
            }
            if self.cursor.borrow().ended {
                return Ok(None);
            }
            self.course.next(&self.cursor)?;
        }
    }
}

#[php_impl]
impl Iteration {
    /// The item under the cursor, or null after the last.
    pub fn current(&self) -> PhpResult<Option<Zval>> {
        self.load()
    }

    /// How many items came before.
    pub fn key(&self) -> i64 {
        self.cursor.borrow().key
    }

    /// Goes on.
    pub fn next(&self) {
        let mut cursor = self.cursor.borrow_mut();
        cursor.index += 1;
        cursor.key += 1;
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&self) -> PhpResult<()> {
        self.course.rewind(&self.cursor)
    }

    /// Whether there is an item. May fetch a page.
    pub fn valid(&self) -> PhpResult<bool> {
        Ok(self.load()?.is_some())
    }

    /// The same walk, page by page. Items that were already delivered are left out of the pages.
    pub fn pages(&self) -> Pages {
        Pages { course: Rc::clone(&self.course), cursor: RefCell::default() }
    }

    /// What was seen up to the last page.
    pub fn report(&self) -> Zval {
        self.course.report()
    }
}

/// A list, page by page.
#[php_class]
#[php(name = "Zhifuyun\\Pages", flags = ClassFlags::Final)]
#[php(implements(ce = ce::iterator, stub = "\\Iterator"))]
pub struct Pages {
    course: Rc<Course>,
    cursor: RefCell<Cursor>,
}

impl Pages {
    fn load(&self) -> PhpResult<Option<Zval>> {
        let missing = self.cursor.borrow().page.is_none() && !self.cursor.borrow().ended;
        if missing {
            self.course.next(&self.cursor)?;
        }
        Ok(self.cursor.borrow().page.as_ref().map(Zval::shallow_clone))
    }
}

#[php_impl]
impl Pages {
    /// The page under the cursor, or null after the last.
    pub fn current(&self) -> PhpResult<Option<Zval>> {
        self.load()
    }

    /// How many pages came before.
    pub fn key(&self) -> i64 {
        self.cursor.borrow().key
    }

    /// Goes on.
    pub fn next(&self) {
        let mut cursor = self.cursor.borrow_mut();
        cursor.page = None;
        cursor.key += 1;
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&self) -> PhpResult<()> {
        self.course.rewind(&self.cursor)
    }

    /// Whether there is a page. May fetch it.
    pub fn valid(&self) -> PhpResult<bool> {
        Ok(self.load()?.is_some())
    }

    /// What was seen up to the last page.
    pub fn report(&self) -> Zval {
        self.course.report()
    }
}
