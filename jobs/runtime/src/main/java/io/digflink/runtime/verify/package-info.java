/** Makes images again from what their files say, and compares. */
package io.digflink.runtime.verify;
