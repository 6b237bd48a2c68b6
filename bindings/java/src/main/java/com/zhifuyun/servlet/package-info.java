/** Webhooks in a Servlet container. Needs the Jakarta Servlet API, which the container brings. */
@NullMarked
package com.zhifuyun.servlet;

import org.jspecify.annotations.NullMarked;
