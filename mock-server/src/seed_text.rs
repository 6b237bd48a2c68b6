//! The words of generated conversations and tickets, Chinese and English.

use crate::rng::Rng;

/// Who handles tickets.
pub(crate) const AGENTS: &[&str] = &[
    "agent_001",
    "agent_002",
    "agent_003",
    "agent_004",
    "agent_005",
    "agent_006",
    "agent_007",
    "agent_008",
    "agent_009",
    "agent_010",
    "agent_011",
    "agent_012",
];

const MESSAGES_ZH: &[&str] = &[
    "你好，{product}怎么开通？",
    "请问{product}多少钱一年？",
    "我的订单 {number} 什么时候发货？",
    "{product}登录不上，一直提示密码错误。",
    "想申请退款，订单号 {number}。",
    "发票抬头填错了，可以重开吗？",
    "昨天提交的问题还没有人回复，麻烦看一下。",
    "{product}支持导出报表吗？",
    "更换手机号之后收不到验证码了 😢",
    "我们公司有 {number} 个坐席，想升级套餐。",
];

const MESSAGES_EN: &[&str] = &[
    "Hi, how do I get started with {product}?",
    "What does {product} cost per year?",
    "When will order {number} be shipped?",
    "I can't sign in to {product}: it keeps saying \"wrong password\".",
    "I'd like a refund for order {number}, please.",
    "Does {product} export reports as CSV?",
    "Nobody has answered the question that I sent yesterday.",
    "We have {number} seats and want to upgrade our plan.",
];

const PRODUCTS: &[&str] =
    &["智能客服", "在线工单", "呼叫中心", "知识库", "数据看板", "企业微信插件", "Live Chat", "Help Desk"];

const TICKETS_ZH: &[(&str, &str)] = &[
    ("产品咨询：{product}", "客户想了解{product}的功能与价格，希望今天内回电。"),
    (
        "{product}无法登录",
        "客户反馈{product}登录时提示密码错误，已重置一次仍无效。\n浏览器：Chrome，账号尾号 {number}。",
    ),
    ("订单 {number} 退款申请", "商品与描述不符，客户要求全额退款。"),
    ("发票重开", "订单 {number} 的发票抬头有误，需要作废重开。"),
    ("消息推送延迟", "{product}的消息推送延迟约 10 分钟，影响 {number} 位用户。"),
    ("报表数据不一致", "看板显示 {number} 条，导出只有一部分，请核对。"),
];

const TICKETS_EN: &[(&str, &str)] = &[
    ("Question about {product}", "The customer asks what {product} can do and what it costs."),
    (
        "Cannot sign in to {product}",
        "Sign-in fails with \"wrong password\" even after a reset. Account ends in {number}.",
    ),
    ("Refund for order {number}", "The goods differ from the description; the customer wants a full refund."),
    ("Webhook deliveries are late", "Events of {product} arrive ten minutes late for {number} users."),
    ("Export is incomplete", "The dashboard shows {number} rows, the export has fewer."),
];

const CLOSINGS: &[&str] = &[
    "问题已解决，客户确认。",
    "已退款，预计三个工作日到账。",
    "已重开发票并发送到客户邮箱。",
    "Resolved and confirmed by the customer.",
    "Fixed in the latest release.",
];

const NAMES: &[&str] = &[
    "li.wei",
    "wang.fang",
    "zhang.min",
    "liu.yang",
    "chen.jing",
    "zhao.lei",
    "huang.ting",
    "zhou.jie",
    "anna",
    "james",
    "maria",
    "tom",
];

const DOMAINS: &[&str] = &["example.com", "example.cn", "example.org", "mail.example.net"];

fn filled(template: &str, rng: &mut Rng) -> String {
    let product = rng.pick(PRODUCTS);
    let number = (1000 + rng.below(900_000)).to_string();
    template.replace("{product}", product).replace("{number}", &number)
}

/// What a customer says first. Two in three write Chinese.
pub(crate) fn message(rng: &mut Rng) -> String {
    let texts = if rng.below(3) < 2 { MESSAGES_ZH } else { MESSAGES_EN };
    let template = rng.pick(texts);
    filled(template, rng)
}

/// Title and description of a ticket.
pub(crate) fn ticket(rng: &mut Rng) -> (String, String) {
    let texts = if rng.below(3) < 2 { TICKETS_ZH } else { TICKETS_EN };
    let at = usize::try_from(rng.below(texts.len() as u64)).unwrap_or(0);
    let (title, description) = texts.get(at).copied().unwrap_or_default();
    // Both halves must name the same product and number.
    let mut second = rng.clone();
    (filled(title, rng), filled(description, &mut second))
}

/// The remark that ends a ticket.
pub(crate) fn closing(rng: &mut Rng) -> &'static str {
    rng.pick(CLOSINGS)
}

/// An address under a domain that exists only in examples.
pub(crate) fn email(rng: &mut Rng) -> String {
    format!("{}{}@{}", rng.pick(NAMES), rng.below(900) + 100, rng.pick(DOMAINS))
}
