//! Iteration: one walk, seen item by item or page by page.

use crate::client::Shared;
use crate::encode::{self, Objects};
use crate::error::{self, OrThrow as _};
use crate::shim;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ce;
use std::cell::RefCell;
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
}

impl Course {
    fn next(&self) -> PhpResult<Option<Zval>> {
        let walk = Arc::clone(&self.under_way.borrow());
        let result = walk.next_page(&mut shim::interrupted);
        self.client.tell();
        match result {
            Ok(page) => Ok(page.or_throw()?.map(|page| page.visit(Objects))),
            Err(_) => Err(error::interrupted(self.name)),
        }
    }

    fn again(&self) -> PhpResult<()> {
        *self.under_way.borrow_mut() =
            self.client.walk(self.name, &self.args, &self.walk, self.options.as_deref())?;
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
    cursor: Cursor,
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
        let course = Rc::new(Course { client, name, args, walk, options, under_way });
        Ok(Self { course, cursor: Cursor::default() })
    }

    fn item(&self) -> Option<Zval> {
        let page = self.cursor.page.as_ref()?.object()?;
        let items = shim::read(page, "items")?.array()?;
        items.get_index(i64::try_from(self.cursor.index).ok()?).map(Zval::shallow_clone)
    }

    fn load(&mut self) -> PhpResult<Option<Zval>> {
        loop {
            if let Some(item) = self.item() {
                return Ok(Some(item));
            }
            if self.cursor.ended {
                return Ok(None);
            }
            self.cursor.page = self.course.next()?;
            self.cursor.index = 0;
            self.cursor.ended = self.cursor.page.is_none();
        }
    }
}

#[php_impl]
impl Iteration {
    /// The item under the cursor, or null after the last.
    pub fn current(&mut self) -> PhpResult<Option<Zval>> {
        self.load()
    }

    /// How many items came before.
    pub fn key(&self) -> i64 {
        self.cursor.key
    }

    /// Goes on.
    pub fn next(&mut self) {
        self.cursor.index += 1;
        self.cursor.key += 1;
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&mut self) -> PhpResult<()> {
        if self.cursor.key > 0 || self.cursor.ended {
            self.course.again()?;
            self.cursor = Cursor::default();
        }
        Ok(())
    }

    /// Whether there is an item. May fetch a page.
    pub fn valid(&mut self) -> PhpResult<bool> {
        Ok(self.load()?.is_some())
    }

    /// The same walk, page by page. Items that were already delivered are left out of the pages.
    pub fn pages(&self) -> Pages {
        Pages { course: Rc::clone(&self.course), cursor: Cursor::default() }
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
    cursor: Cursor,
}

impl Pages {
    fn load(&mut self) -> PhpResult<Option<Zval>> {
        if self.cursor.page.is_none() && !self.cursor.ended {
            self.cursor.page = self.course.next()?;
            self.cursor.ended = self.cursor.page.is_none();
        }
        Ok(self.cursor.page.as_ref().map(Zval::shallow_clone))
    }
}

#[php_impl]
impl Pages {
    /// The page under the cursor, or null after the last.
    pub fn current(&mut self) -> PhpResult<Option<Zval>> {
        self.load()
    }

    /// How many pages came before.
    pub fn key(&self) -> i64 {
        self.cursor.key
    }

    /// Goes on.
    pub fn next(&mut self) {
        self.cursor.page = None;
        self.cursor.key += 1;
    }

    /// Begins anew, unless nothing was passed yet.
    pub fn rewind(&mut self) -> PhpResult<()> {
        if self.cursor.key > 0 || self.cursor.ended {
            self.course.again()?;
            self.cursor = Cursor::default();
        }
        Ok(())
    }

    /// Whether there is a page. May fetch it.
    pub fn valid(&mut self) -> PhpResult<bool> {
        Ok(self.load()?.is_some())
    }

    /// What was seen up to the last page.
    pub fn report(&self) -> Zval {
        self.course.report()
    }
}
