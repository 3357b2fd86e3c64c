// A link from elsewhere comes without the cookie, which only our own pages can send. So we knock once ourselves.
if (location.pathname === "/" && location.search === "") location.replace(`/?again${location.hash}`);
