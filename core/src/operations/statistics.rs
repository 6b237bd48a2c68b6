//! Statistics (API reference, "数据统计").

use super::{Args, Operation, Prepared, check};
use crate::engine::Call;
use crate::error::Result;
use crate::models::Statistics;
pub use crate::models::{GroupBy, StatisticsType};
use chrono::NaiveDate;
use serde::{Deserialize as _, Deserializer};

/// `statistics.get`: numbers over a period.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct GetStatistics {
    /// What is counted.
    pub kind: Option<StatisticsType>,
    /// The first day.
    pub start_date: Option<NaiveDate>,
    /// The last day.
    pub end_date: Option<NaiveDate>,
    /// The step of the trends.
    pub group_by: Option<GroupBy>,
}

impl Operation for GetStatistics {
    type Output = Statistics;
    const NAME: &'static str = "statistics.get";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            kind: args.text("type")?.map(Into::into),
            start_date: args.date("start_date")?,
            end_date: args.date("end_date")?,
            group_by: args.text("group_by")?.map(Into::into),
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::period(("start_date", self.start_date.as_ref()), ("end_date", self.end_date.as_ref()))?;
        let call = Call::get(Self::NAME, "/v1/statistics")
            .query("type", self.kind.as_ref())
            .query("start_date", self.start_date)
            .query("end_date", self.end_date)
            .query("group_by", self.group_by.as_ref());
        Ok(Prepared(call))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Statistics, D::Error> {
        Statistics::deserialize(data)
    }
}
