//! One page of a list.

use crate::convert;
use crate::records::{Batch, Facts, Shown, broken, facts, meta, wrap_all};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use zhifuyun_bridge::zhifuyun::Response;
use zhifuyun_bridge::zhifuyun::models::{self, Extra, Record};

/// The items of a page, by their type.
#[derive(Clone)]
enum Items {
    Conversations(Arc<Batch<models::Conversation>>),
    Tickets(Arc<Batch<models::Ticket>>),
}

macro_rules! each {
    ($items:expr, $batch:ident => $do:expr) => {
        match $items {
            Items::Conversations($batch) => $do,
            Items::Tickets($batch) => $do,
        }
    };
}

/// A record that comes in pages.
pub(crate) trait Paged: Shown {
    fn items(batch: Arc<Batch<Self>>) -> ItemsOf;
}

/// Keeps [`Items`] private to this module.
pub(crate) struct ItemsOf(Items);

impl Paged for models::Conversation {
    fn items(batch: Arc<Batch<Self>>) -> ItemsOf {
        ItemsOf(Items::Conversations(batch))
    }
}

impl Paged for models::Ticket {
    fn items(batch: Arc<Batch<Self>>) -> ItemsOf {
        ItemsOf(Items::Tickets(batch))
    }
}

/// One page of a list: `items` and where they stand in the whole. Has a length and can be looped over.
#[pyclass(frozen, generic, sequence, module = "zhifuyun")]
pub struct Page {
    rows: Items,
    made: PyOnceLock<Py<PyTuple>>,
    /// How many items match in all, by the server's word at that moment; None if it did not say. Advisory.
    #[pyo3(get)]
    total: Option<u64>,
    /// The number of this page, from 1.
    #[pyo3(get)]
    page: u64,
    /// How many items were asked for per page.
    #[pyo3(get)]
    limit: u64,
    /// Whether another page is to be expected.
    #[pyo3(get)]
    has_next: bool,
    extra: Extra,
}

/// The page of an answer.
pub(crate) fn wrap<R: Paged>(py: Python<'_>, response: Response<models::Page<R>>) -> PyResult<Py<PyAny>> {
    let (page, about) = response.into_parts();
    let has_next = page.has_next();
    let models::Page { items, total, page, limit, extra, .. } = page;
    let rows = R::items(Arc::new(Batch { items, meta: Some(facts(&about)) })).0;
    let page = Page { rows, made: PyOnceLock::new(), total, page, limit, has_next, extra };
    Ok(Py::new(py, page)?.into_any())
}

type Pickled = (&'static str, String, Option<u64>, u64, u64, bool, String, Option<Facts>);

#[pymethods]
impl Page {
    /// The items, in the server's order.
    #[getter]
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let made = self
            .made
            .get_or_try_init(py, || each!(&self.rows, batch => wrap_all(py, batch)).map(Bound::unbind))?;
        Ok(made.bind(py).clone())
    }

    /// What the server sent beyond these fields, as a new dict.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::json_object(py, &self.extra)
    }

    /// How the call went: a zhifuyun.Meta.
    #[getter]
    fn meta(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        each!(&self.rows, batch => meta(py, batch.meta.as_ref()))
    }

    /// The page as a dict, its items as dicts too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let items = self.items(py)?;
        let items: Vec<_> = items.iter().map(|i| i.call_method0("to_dict")).collect::<PyResult<_>>()?;
        let dict = PyDict::new(py);
        dict.set_item("items", items)?;
        dict.set_item("total", self.total)?;
        dict.set_item("page", self.page)?;
        dict.set_item("limit", self.limit)?;
        dict.set_item("has_next", self.has_next)?;
        dict.set_item("extra", self.extra(py)?)?;
        Ok(dict)
    }

    /// The items as a pandas.DataFrame, one row each. Needs pandas.
    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("zhifuyun._present")?.call_method1("frame", (self.columns(), self.items(py)?))
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = self.__repr__();
        py.import("zhifuyun._present")?.call_method1("table_html", (text, self.columns(), self.items(py)?))
    }

    fn __len__(&self) -> usize {
        each!(&self.rows, batch => batch.items.len())
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.items(index.py())?.as_any().get_item(index)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.items(py)?.as_any().try_iter()?.into_any())
    }

    /// Where an item stands first. Raises ValueError if it is not there.
    #[pyo3(signature = (value, /, *bounds))]
    fn index<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        bounds: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut given = vec![value.clone()];
        given.extend(bounds.iter());
        self.items(value.py())?.call_method1("index", PyTuple::new(value.py(), given)?)
    }

    /// How often an item is there.
    #[pyo3(signature = (value, /))]
    fn count<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.items(value.py())?.call_method1("count", (value,))
    }

    fn __repr__(&self) -> String {
        let name = each!(&self.rows, batch => name_of(batch));
        let total = self.total.map_or_else(|| "None".to_owned(), |t| t.to_string());
        let (number, limit) = (self.page, self.limit);
        format!("Page({} of {name}, total={total}, page={number}, limit={limit})", self.__len__())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> Py<PyAny> {
        convert::equal(other.py(), other.cast::<Self>().ok().map(|o| self.same(o.get())))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.total, self.page, self.limit).hash(&mut hasher);
        each!(&self.rows, batch => for item in &batch.items { item.id().hash(&mut hasher) });
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled)> {
        let restore = py.import("zhifuyun._native")?.getattr("_restore_page")?;
        let (name, items, meta) = each!(&self.rows, batch => {
            (name_of(batch), serde_json::to_string(&batch.items).map_err(|_| broken(py))?, batch.meta.clone())
        });
        let extra = serde_json::to_string(&self.extra).map_err(|_| broken(py))?;
        Ok((restore, (name, items, self.total, self.page, self.limit, self.has_next, extra, meta)))
    }
}

impl Page {
    fn same(&self, other: &Self) -> bool {
        let same_items = match (&self.rows, &other.rows) {
            (Items::Conversations(a), Items::Conversations(b)) => a.items == b.items,
            (Items::Tickets(a), Items::Tickets(b)) => a.items == b.items,
            _ => false,
        };
        let numbers = |p: &Self| (p.total, p.page, p.limit, p.has_next);
        same_items && numbers(self) == numbers(other) && self.extra == other.extra
    }

    fn columns(&self) -> Vec<&'static str> {
        each!(&self.rows, batch => columns(batch))
    }
}

fn name_of<R: Record>(_: &Arc<Batch<R>>) -> &'static str {
    R::NAME
}

fn columns<R: Record>(_: &Arc<Batch<R>>) -> Vec<&'static str> {
    R::FIELDS.iter().map(|(name, _)| *name).collect()
}

/// Brings a pickled page back.
#[pyfunction]
#[pyo3(signature = (name, items, total, page, limit, has_next, extra, meta = None))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn _restore_page(
    py: Python<'_>,
    name: &str,
    items: &str,
    total: Option<u64>,
    page: u64,
    limit: u64,
    has_next: bool,
    extra: &str,
    meta: Option<Facts>,
) -> PyResult<Page> {
    fn batch<R: Record>(py: Python<'_>, items: &str, meta: Option<Facts>) -> PyResult<Arc<Batch<R>>> {
        let items = serde_json::from_str(items).map_err(|_| broken(py))?;
        Ok(Arc::new(Batch { items, meta }))
    }
    let rows = match name {
        models::Conversation::NAME => Items::Conversations(batch(py, items, meta)?),
        models::Ticket::NAME => Items::Tickets(batch(py, items, meta)?),
        _ => return Err(PyTypeError::new_err("there is no such page")),
    };
    let extra = serde_json::from_str(extra).map_err(|_| broken(py))?;
    Ok(Page { rows, made: PyOnceLock::new(), total, page, limit, has_next, extra })
}
